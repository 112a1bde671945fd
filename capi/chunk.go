package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"sync"

	"oxrtmp/rtmp/chunk"
)

// heldDecoder is a decoder, and the message that was not taken yet.
type heldDecoder struct {
	mu      sync.Mutex
	decoder *chunk.Decoder
	message chunk.Message // Payload is nil while there is none
	closed  bool
}

// feed consumes bytes up to the end of the next message.
func (d *heldDecoder) feed(p []byte) (n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.message.Payload != nil {
		return 0, nil
	}
	m, n, ok, err := d.decoder.Next(p)
	if ok {
		d.message = m
	}
	return n, err
}

func (d *heldDecoder) next(out *C.oxrtmp_message, buf *C.uint8_t, capacity C.size_t, length *C.size_t) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &d.message
	if m.Payload == nil {
		return errNothing
	}
	if err := putBytes(m.Payload.Bytes(), buf, capacity, length); err != nil {
		return err
	}
	*out = C.oxrtmp_message{
		chunk_stream_id: C.uint32_t(m.ChunkStreamID), timestamp_ms: C.uint32_t(m.Timestamp),
		stream_id: C.uint32_t(m.StreamID), _type: C.uint32_t(m.TypeID),
	}
	m.Payload.Release()
	m.Payload = nil
	return nil
}

// change calls f on the decoder unless it is closed.
func (d *heldDecoder) change(f func(*chunk.Decoder)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		f(d.decoder)
	}
	return nil
}

func (d *heldDecoder) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.decoder.Close()
	if d.message.Payload != nil {
		d.message.Payload.Release()
		d.message.Payload = nil
	}
	return nil
}

// heldEncoder is an encoder; calls take turns.
type heldEncoder struct {
	mu      sync.Mutex
	encoder chunk.Encoder
}

func (e *heldEncoder) write(h chunk.Header, payload []byte, buf *C.uint8_t, capacity C.size_t, length *C.size_t) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	size := C.size_t(e.encoder.Size(h, len(payload)))
	if length != nil {
		*length = size
	}
	if size > capacity {
		return errBuffer
	}
	e.encoder.AppendMessage(bytesAt(buf, size)[:0], h, payload)
	return nil
}

func (e *heldEncoder) change(f func(*chunk.Encoder)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(&e.encoder)
	return nil
}

func (e *heldEncoder) close() error { return nil }

// checkChunkStream refuses an id that no chunk header can carry.
func checkChunkStream(id C.uint32_t) error {
	if id < chunk.MinStreamID || id > chunk.MaxStreamID {
		return fmt.Errorf("%w: chunk stream id %d", errArgument, id)
	}
	return nil
}

//export oxgo_chunk_decoder_create
func oxgo_chunk_decoder_create(l *C.oxrtmp_limits, out *C.oxrtmp_chunk_decoder) (status C.oxrtmp_status) {
	defer guard(&status)
	limits := chunk.Limits{
		MessageBytes: int(l.message_bytes), PartialBytes: int(l.partial_bytes), ChunkStreams: int(l.chunk_streams),
	}
	d := &heldDecoder{decoder: chunk.NewDecoder(blocks, limits)}
	return fail(open(decoders, d, &out.id, (*heldDecoder).close))
}

//export oxgo_chunk_decoder_feed
func oxgo_chunk_decoder_feed(h C.oxrtmp_chunk_decoder, p *C.uint8_t, n C.size_t, consumed *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(decoders, h.id, func(d *heldDecoder) error {
		n, err := d.feed(bytesAt(p, n))
		*consumed = C.size_t(n)
		return err
	})
}

//export oxgo_chunk_decoder_next
func oxgo_chunk_decoder_next(h C.oxrtmp_chunk_decoder, message *C.oxrtmp_message, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(decoders, h.id, func(d *heldDecoder) error { return d.next(message, buf, capacity, length) })
}

//export oxgo_chunk_decoder_set_chunk_size
func oxgo_chunk_decoder_set_chunk_size(h C.oxrtmp_chunk_decoder, size C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(decoders, h.id, func(d *heldDecoder) error {
		return d.change(func(c *chunk.Decoder) { c.SetChunkSize(uint32(size)) })
	})
}

//export oxgo_chunk_decoder_abort
func oxgo_chunk_decoder_abort(h C.oxrtmp_chunk_decoder, id C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(decoders, h.id, func(d *heldDecoder) error {
		return d.change(func(c *chunk.Decoder) { c.Abort(uint32(id)) })
	})
}

//export oxgo_chunk_decoder_close
func oxgo_chunk_decoder_close(h C.oxrtmp_chunk_decoder) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(decoders, h.id, (*heldDecoder).close)
}

//export oxgo_chunk_encoder_create
func oxgo_chunk_encoder_create(out *C.oxrtmp_chunk_encoder) (status C.oxrtmp_status) {
	defer guard(&status)
	return fail(open(encoders, new(heldEncoder), &out.id, (*heldEncoder).close))
}

//export oxgo_chunk_encoder_write
func oxgo_chunk_encoder_write(h C.oxrtmp_chunk_encoder, m *C.oxrtmp_message, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(encoders, h.id, func(e *heldEncoder) error {
		if err := checkChunkStream(m.chunk_stream_id); err != nil {
			return err
		}
		if n > chunk.MaxSize || m._type > 0xFF {
			return fmt.Errorf("%w: a message of type %d and %d bytes", errArgument, m._type, n)
		}
		header := chunk.Header{
			ChunkStreamID: uint32(m.chunk_stream_id), Timestamp: uint32(m.timestamp_ms),
			TypeID: uint8(m._type), StreamID: uint32(m.stream_id),
		}
		return e.write(header, bytesAt(p, n), buf, capacity, length)
	})
}

//export oxgo_chunk_encoder_set_chunk_size
func oxgo_chunk_encoder_set_chunk_size(h C.oxrtmp_chunk_encoder, size C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(encoders, h.id, func(e *heldEncoder) error {
		if size == 0 || size > 0x7FFFFFFF {
			return fmt.Errorf("%w: chunk size %d", errArgument, size)
		}
		return e.change(func(c *chunk.Encoder) { c.SetChunkSize(uint32(size)) })
	})
}

//export oxgo_chunk_encoder_set_full_headers
func oxgo_chunk_encoder_set_full_headers(h C.oxrtmp_chunk_encoder, on C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(encoders, h.id, func(e *heldEncoder) error {
		return e.change(func(c *chunk.Encoder) { c.SetFullHeaders(on != 0) })
	})
}

//export oxgo_chunk_encoder_forget
func oxgo_chunk_encoder_forget(h C.oxrtmp_chunk_encoder, id C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(encoders, h.id, func(e *heldEncoder) error {
		if err := checkChunkStream(id); err != nil {
			return err
		}
		return e.change(func(c *chunk.Encoder) { c.Forget(uint32(id)) })
	})
}

//export oxgo_chunk_encoder_close
func oxgo_chunk_encoder_close(h C.oxrtmp_chunk_encoder) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(encoders, h.id, (*heldEncoder).close)
}
