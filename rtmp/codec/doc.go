// Package codec knows what is inside the payloads that the rest of the library carries without looking: configuration
// records, NAL units, ADTS headers. It is an addition: nothing in the protocol depends on it, and where it fails the
// stream goes on.
//
// Layer L2. It uses rtmp/media and rtmp/internal/wire.
//
//   - what a stream is: [Describe] for a sequence header, [Name] and [Extradata] for decoders
//   - configuration records: [ParseAVC], [ParseHEVC], [ParseAV1], [ParseVP], [ParseAAC], [ParseOpus], [ParseFLAC]
//   - NAL units: [NALUs] and [AnnexB] walk them, [ToAnnexB] and [FromAnnexB] change between the two forms; [NewAVC] and
//     [NewHEVC] make configuration records of parameter sets, [ParameterSets] takes them out again
//   - AAC in ADTS: [ParseADTS], [AppendADTS]
//   - which codec a record belongs to: [Detect], for senders that use H.264's number for H.265
//
// Everything is bounds-checked and allocates in proportion to its input. ISO/IEC 14496-15 (avcC, hvcC), 14496-10 and
// 23008-2 (parameter sets), 14496-3 (AudioSpecificConfig, ADTS); AV1 Codec ISO Media File Format Binding; VP Codec ISO
// Media File Format Binding; RFC 7845 (Opus); RFC 9639 (FLAC).
package codec

import (
	"errors"
	"fmt"
)

// ErrRecord says that a configuration record, header or parameter set is cut, or is none. Errors of this package wrap it.
var ErrRecord = errors.New("malformed")

func malformed(what string) error { return fmt.Errorf("codec: %s: %w", what, ErrRecord) }
