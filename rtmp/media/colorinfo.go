package media

import (
	"errors"
	"math"

	"oxrtmp/rtmp/amf"
)

// ColorInfo describes the colors of a video track, for high dynamic range. It is the Data of a [KindMetadata] packet
// with [FlagColorInfo]; it holds from the next frame on, until another one replaces it. The zero value takes back what
// was said before. Enhanced RTMP v2, "Metadata Frame".
type ColorInfo struct {
	Config  *ColorConfig      // nil: not said
	Light   *ContentLight     // nil: not said
	Display *MasteringDisplay // nil: not said
}

// ColorConfig names the colors by the code points of ITU-T H.273.
type ColorConfig struct {
	BitDepth                uint8 // 8, 10 or 12; 0 if not said
	ColorPrimaries          uint8 // 9 is BT.2020; 2, unspecified, if not said
	TransferCharacteristics uint8 // 16 is PQ, 18 is HLG; 2 if not said
	MatrixCoefficients      uint8 // 2 if not said
}

// ContentLight is the light level of the content in candela per square meter; 0 if not said.
type ContentLight struct {
	MaxFrameAverage float64 // maxFall
	Max             float64 // maxCLL
}

// MasteringDisplay is the display that the content was made on: CIE 1931 chromaticities, and luminances in candela per
// square meter. 0 stands for what is not said.
type MasteringDisplay struct {
	RedX, RedY, GreenX, GreenY, BlueX, BlueY, WhitePointX, WhitePointY float64
	MaxLuminance, MinLuminance                                         float64
}

// ErrNoColorInfo is video metadata without colorInfo.
var ErrNoColorInfo = errors.New("media: video metadata without colorInfo")

const unspecified = 2 // of H.273's tables

// ParseColorInfo reads the colorInfo of a video metadata packet's Data: names and values in turn, as OBS Studio and FFmpeg
// write them and as is usual, each pair in an array, or one object, either with colorInfo as a member or in its place.
// Values that are no numbers, and codes that are none, count as not said. The error is [ErrNoColorInfo] or one of package
// amf.
func ParseColorInfo(data []byte, l amf.Limits) (c ColorInfo, err error) {
	values, err := amf.DecodeAMF0(data, l)
	if err != nil {
		return ColorInfo{}, err
	}
	if v, ok := findColorInfo(values); ok {
		return readColorInfo(v), nil
	}
	return ColorInfo{}, ErrNoColorInfo
}

// findColorInfo returns the value of the last colorInfo.
func findColorInfo(values []amf.Value) (info amf.Value, ok bool) {
	for i := 0; i < len(values); i++ {
		switch v := values[i].(type) {
		case amf.String:
			if i++; v == "colorInfo" && i < len(values) {
				info, ok = values[i], true
			}
		case *amf.StrictArray:
			if len(v.Values) == 2 && v.Values[0] == amf.String("colorInfo") {
				info, ok = v.Values[1], true
			}
		case *amf.Object, *amf.ECMAArray:
			if member, named := amf.Lookup(v, "colorInfo"); named {
				info, ok = member, true
			} else if isColorInfo(v) {
				info, ok = v, true
			}
		}
	}
	return info, ok
}

// isColorInfo reports whether an object has any of colorInfo's members.
func isColorInfo(v amf.Value) bool {
	for _, name := range [...]string{"colorConfig", "hdrCll", "hdrMdcv"} {
		if _, ok := section(v, name); ok {
			return true
		}
	}
	return false
}

func readColorInfo(v amf.Value) (c ColorInfo) {
	if o, ok := section(v, "colorConfig"); ok {
		c.Config = &ColorConfig{
			BitDepth:                readCode(o, "bitDepth", 0),
			ColorPrimaries:          readCode(o, "colorPrimaries", unspecified),
			TransferCharacteristics: readCode(o, "transferCharacteristics", unspecified),
			MatrixCoefficients:      readCode(o, "matrixCoefficients", unspecified),
		}
	}
	if o, ok := section(v, "hdrCll"); ok {
		c.Light = &ContentLight{MaxFrameAverage: readNumber(o, "maxFall"), Max: readNumber(o, "maxCLL")}
	}
	if o, ok := section(v, "hdrMdcv"); ok {
		c.Display = new(MasteringDisplay)
		for i, p := range c.Display.fields() {
			*p = readNumber(o, displayNames[i])
		}
	}
	return c
}

// section returns the object of a name.
func section(v amf.Value, name string) (o amf.Value, ok bool) {
	if o, ok = amf.Lookup(v, name); ok {
		_, ok = amf.Properties(o)
	}
	return o, ok
}

// readNumber returns the finite number of a name, or 0.
func readNumber(o amf.Value, name string) float64 {
	v, _ := amf.Lookup(o, name)
	n, _ := amf.AsNumber(v)
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

// readCode returns the number of a name if it is one of 0 to 255, else the default.
func readCode(o amf.Value, name string, absent uint8) uint8 {
	v, _ := amf.Lookup(o, name)
	if n, ok := amf.AsNumber(v); ok && n >= 0 && n <= 255 && n == math.Trunc(n) {
		return uint8(n)
	}
	return absent
}

// displayNames are the names of MasteringDisplay's fields, in their order.
var displayNames = [...]string{
	"redX", "redY", "greenX", "greenY", "blueX", "blueY", "whitePointX", "whitePointY", "maxLuminance", "minLuminance",
}

func (d *MasteringDisplay) fields() [len(displayNames)]*float64 {
	return [...]*float64{
		&d.RedX, &d.RedY, &d.GreenX, &d.GreenY, &d.BlueX, &d.BlueY, &d.WhitePointX, &d.WhitePointY, &d.MaxLuminance, &d.MinLuminance,
	}
}

// AppendColorInfo appends the Data of a video metadata packet. What is not said is left out; if nothing is said, the
// value is undefined, which takes back what was said before.
func AppendColorInfo(dst []byte, c *ColorInfo) []byte {
	var info amf.Object
	if c.Config != nil {
		var o amf.Object
		if c.Config.BitDepth != 0 {
			o.Set("bitDepth", amf.Number(c.Config.BitDepth))
		}
		o.Set("colorPrimaries", amf.Number(c.Config.ColorPrimaries))
		o.Set("transferCharacteristics", amf.Number(c.Config.TransferCharacteristics))
		o.Set("matrixCoefficients", amf.Number(c.Config.MatrixCoefficients))
		info.Set("colorConfig", &o)
	}
	if c.Light != nil {
		var o amf.Object
		setNumber(&o, "maxFall", c.Light.MaxFrameAverage)
		setNumber(&o, "maxCLL", c.Light.Max)
		info.Set("hdrCll", &o)
	}
	if c.Display != nil {
		var o amf.Object
		for i, p := range c.Display.fields() {
			setNumber(&o, displayNames[i], *p)
		}
		info.Set("hdrMdcv", &o)
	}
	dst = amf.AppendAMF0(dst, amf.String("colorInfo"))
	if len(info.Properties) == 0 {
		return amf.AppendAMF0(dst, amf.Undefined{})
	}
	return amf.AppendAMF0(dst, &info)
}

func setNumber(o *amf.Object, name string, n float64) {
	if n != 0 {
		o.Set(name, amf.Number(n))
	}
}
