package handle

// ID is a handle as C sees it: kind 8 bits | generation 32 bits | slot 24 bits. Zero is no handle.
type ID uint64

// Kind tells what a handle stands for. Zero is not a kind.
type Kind uint8

const (
	slotBits       = 24
	generationBits = 32

	// MaxSlots is how many values one table can hold at a time.
	MaxSlots = 1 << slotBits

	maxGeneration = 1<<generationBits - 1
)

func makeID(k Kind, generation uint32, slot uint32) ID {
	return ID(k)<<(slotBits+generationBits) | ID(generation)<<slotBits | ID(slot)
}

// Kind returns the kind that the number claims.
func (id ID) Kind() Kind { return Kind(id >> (slotBits + generationBits)) }

func (id ID) generation() uint32 { return uint32(id >> slotBits) }

func (id ID) slot() uint32 { return uint32(id) & (MaxSlots - 1) }
