package hub

// Tracks is a set of tracks. Its zero value is empty.
type Tracks [256 / 64]uint64

// EveryTrack returns the set of all tracks.
func EveryTrack() Tracks { return Tracks{1<<64 - 1, 1<<64 - 1, 1<<64 - 1, 1<<64 - 1} }

// Has reports whether a track is in the set.
func (s *Tracks) Has(track uint8) bool { return s[track/64]&(1<<(track%64)) != 0 }

// Add puts a track into the set.
func (s *Tracks) Add(track uint8) { s[track/64] |= 1 << (track % 64) }

// AddAll puts the tracks of another set into the set.
func (s *Tracks) AddAll(o *Tracks) {
	for i := range s {
		s[i] |= o[i]
	}
}

// Remove takes a track out of the set.
func (s *Tracks) Remove(track uint8) { s[track/64] &^= 1 << (track % 64) }

// RemoveAll takes the tracks of another set out of the set.
func (s *Tracks) RemoveAll(o *Tracks) {
	for i := range s {
		s[i] &^= o[i]
	}
}
