// Package queue collects what many sources have to say for one reader that has a file descriptor to wait on.
//
// Layer L5, a helper of capi without cgo. A [Queue] holds no events: it is a list of the sources that have some, each at
// most once, in the order in which they became ready. The events stay where they are until a drain takes them, a bounded
// number from each source in turn, so that what bounds a source bounds the queue too, nothing is dropped, and a source
// that floods does not starve the others:
//
//	q := queue.New[*session](signal, reset) // signal makes a descriptor readable, reset makes it unreadable again
//	source, err := q.Attach(s)
//	s.OnReady(source.Ready)
//	...
//	n, err := q.Drain(len(events), func(s *session, most int) (n int, more bool) {
//		n = s.take(events[taken:][:most])
//		return n, s.waiting()
//	})
//
// Ready may be called under a lock of the source, and takes the queue's. Therefore a drain never holds the queue's lock
// while it takes from a source: the source is marked as being served, and one that becomes ready meanwhile is put back
// into the list afterwards. While it is served no other drain takes from it, so that its events keep their order.
//
// [Log] is a source of a kind of its own: a bounded ring of records, which counts those that it has no room for.
package queue
