package amf

// Limits bounds what one call of a decoder may cost. A zero field takes its value from [DefaultLimits]; a negative one
// permits nothing.
type Limits struct {
	// Depth is how many containers may be nested. Values above 1024 act as 1024.
	Depth int
	// Values is how many values may be decoded, those inside containers included. A reference to a container
	// counts as all the values inside it again.
	Values int
	// Bytes is how many bytes of input may be decoded. A reference to a container counts as all its bytes again.
	Bytes int
}

// DefaultLimits are the limits of a zero [Limits]: nesting of 64, 65,536 values, 16 MiB − 1 byte (the longest message
// that RTMP can carry). The variable is there to be read; assigning to it changes nothing.
var DefaultLimits = Limits{Depth: defaultDepth, Values: defaultValues, Bytes: defaultBytes}

const (
	defaultDepth  = 64
	defaultValues = 65536
	defaultBytes  = 1<<24 - 1
	// maxDepth bounds the recursion of decoders and encoders whatever the caller asks for: a stack overflow
	// cannot be recovered from.
	maxDepth = 1024
)

func (l Limits) withDefaults() Limits {
	if l.Depth == 0 {
		l.Depth = defaultDepth
	}
	l.Depth = min(l.Depth, maxDepth)
	if l.Values == 0 {
		l.Values = defaultValues
	}
	if l.Bytes == 0 {
		l.Bytes = defaultBytes
	}
	return l
}
