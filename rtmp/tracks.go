package rtmp

import "oxrtmp/rtmp/media"

// SendTracks sends packets of several tracks that have the same time, that of the first, as one multitrack message, in
// the given form: see [media.AppendMultitrack]. Not all readers know forms other than one track, which SendPacket writes;
// [Client.Capabilities] and [Session.Capabilities] say what the peer claims to know. The packets and their memory are
// borrowed for the call.
func (s *sender) SendTracks(form media.TrackForm, packets []media.Packet) error {
	payload, err := media.AppendMultitrack(nil, form, packets)
	if err != nil {
		return err
	}
	return s.sendMedia(packets[0].Type, &packets[0].Timestamp, nil, payload)
}
