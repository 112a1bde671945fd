// Package testdata holds the clips that programs carry with them.
package testdata

import _ "embed"

// SampleFLV is an FLV file of a few seconds of H.264 and AAC, made to be sent in a loop.
//
//go:embed flv/sample-h264-aac.flv
var SampleFLV []byte
