package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"math"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

//export oxgo_control_parse
func oxgo_control_parse(typeID C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_control) (status C.oxrtmp_status) {
	defer guard(&status)
	c, err := parseControl(typeID, bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	*out = c
	return C.OXRTMP_OK
}

func parseControl(typeID C.uint32_t, p []byte) (c C.oxrtmp_control, err error) {
	var value uint32
	c._type = typeID
	switch typeID {
	case message.TypeSetChunkSize:
		value, err = message.ParseSetChunkSize(p)
	case message.TypeAbort:
		value, err = message.ParseAbort(p)
	case message.TypeAcknowledgement:
		value, err = message.ParseAcknowledgement(p)
	case message.TypeWindowAckSize:
		value, err = message.ParseWindowAckSize(p)
	case message.TypeSetPeerBandwidth:
		var limit message.LimitType
		value, limit, err = message.ParseSetPeerBandwidth(p)
		c.limit_type = C.uint32_t(limit)
	case message.TypeUserControl:
		var u message.UserControl
		u, err = message.ParseUserControl(p)
		c.event, c.stream_id = C.uint32_t(u.Event), C.uint32_t(u.StreamID)
		c.timestamp_ms, c.buffer_ms = C.uint32_t(u.Timestamp), C.uint32_t(u.BufferLength)
		c.data, c.data_size = pointerTo(u.Data), C.size_t(len(u.Data))
	default:
		err = fmt.Errorf("%w: type %d is no control message", errArgument, typeID)
	}
	c.value = C.uint32_t(value)
	return c, err
}

//export oxgo_control_build
func oxgo_control_build(c *C.oxrtmp_control, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	var room [64]byte
	p, err := appendControl(room[:0], c)
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(p, buf, capacity, length))
}

func appendControl(dst []byte, c *C.oxrtmp_control) ([]byte, error) {
	value := uint32(c.value)
	switch c._type {
	case message.TypeSetChunkSize:
		return message.AppendSetChunkSize(dst, value), nil
	case message.TypeAbort:
		return message.AppendAbort(dst, value), nil
	case message.TypeAcknowledgement:
		return message.AppendAcknowledgement(dst, value), nil
	case message.TypeWindowAckSize:
		return message.AppendWindowAckSize(dst, value), nil
	case message.TypeSetPeerBandwidth:
		if c.limit_type > C.uint32_t(message.LimitDynamic) {
			return nil, fmt.Errorf("%w: limit type %d", errArgument, c.limit_type)
		}
		return message.AppendSetPeerBandwidth(dst, value, message.LimitType(c.limit_type)), nil
	case message.TypeUserControl:
		if c.event > math.MaxUint16 {
			return nil, fmt.Errorf("%w: event %d", errArgument, c.event)
		}
		return message.AppendUserControl(dst, message.UserControl{
			Event: uint16(c.event), StreamID: uint32(c.stream_id), Timestamp: uint32(c.timestamp_ms),
			BufferLength: uint32(c.buffer_ms), Data: bytesAt(c.data, c.data_size),
		}), nil
	}
	return nil, fmt.Errorf("%w: type %d is no control message", errArgument, c._type)
}

//export oxgo_command_parse
func oxgo_command_parse(typeID C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_command) (status C.oxrtmp_status) {
	defer guard(&status)
	if typeID != message.TypeCommand && typeID != message.TypeCommandAMF3 {
		return fail(fmt.Errorf("%w: type %d is no command message", errArgument, typeID))
	}
	name, id, values, err := message.ParseCommandHead(uint8(typeID), bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	out.name, out.name_size = chars(name)
	out.transaction_id = C.double(id)
	out.values, out.values_size = pointerTo(values), C.size_t(len(values))
	return C.OXRTMP_OK
}

//export oxgo_command_build
func oxgo_command_build(c *C.oxrtmp_command, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	scratch := scratches.Get().(*[]byte)
	defer keepScratch(scratch)
	p, err := amf.AppendToken((*scratch)[:0], amf.Token{Type: amf.TokenString, Text: charsAt(c.name, c.name_size)})
	if err == nil {
		p, err = amf.AppendToken(p, amf.Token{Type: amf.TokenNumber, Number: float64(c.transaction_id)})
	}
	if err != nil {
		return fail(err)
	}
	*scratch = append(p, bytesAt(c.values, c.values_size)...)
	return fail(putBytes(*scratch, buf, capacity, length))
}
