// Package handle turns Go values into numbers that C may keep, and numbers that C brings into Go values.
//
// Layer L5, a helper of capi without cgo. An [ID] is kind 8 bits | generation 32 bits | slot 24 bits, so that a number
// that is stale, of another kind, or made up is told from a live one and never reaches another value.
//
// A value is inserted with one reference, the table's own. A call that works on it acquires one more and releases it at
// its end; Remove takes the number out of use at once and drops the table's reference. When the last reference goes,
// the table's drop function runs, so a value is torn down after the last call inside it and not before:
//
//	sessions := handle.New(kindSession, func(s *session) { s.free() })
//	id, err := sessions.Insert(s)
//	...
//	ref, err := sessions.Acquire(id)
//	if err != nil {
//		return err
//	}
//	defer ref.Release()
//	ref.Value.close()
package handle
