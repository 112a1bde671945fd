// Package hub decides what goes from one publisher to its players: what a late player gets first, what a slow one is
// spared, and which timestamps they see.
//
// Layer L3. It is state without sockets, goroutines and clocks: [Cache] keeps what late players need, [Player] decides
// message by message, [Timeline] keeps time from going back when publishers follow one another. Package rtmp gives them
// their connections and timers.
//
// A [Frame] is a message cut into chunks once, to be sent to any number of players as it is: all but the message stream
// id in its first header is the same for everybody (RTMP 1.0 §5.3.1).
package hub
