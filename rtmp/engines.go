package rtmp

import (
	"strings"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// ServerEngine returns the protocol that a [Server] with these options runs over each connection, for callers that move
// the bytes themselves: see [engine.Server]. shaken says that the handshake was done elsewhere. A nil options stands
// for the defaults. Options of listening and of connections, and AskConnection, have no meaning here.
func ServerEngine(options *ServerOptions, shaken bool) (*engine.Server, error) {
	var o ServerOptions
	if options != nil {
		o = *options
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	config := serverConfig(&o)
	config.Shaken = shaken
	return engine.NewServer(config), nil
}

// PublishEngine returns the protocol that [Publish] runs over its connection, for callers that move the bytes
// themselves: see [engine.Client]. The URL only names the stream. shaken says that the handshake was done elsewhere.
func PublishEngine(url string, options *ClientOptions, shaken bool) (*engine.Client, error) {
	return clientEngine(url, options, false, shaken)
}

// PlayEngine is PublishEngine for [Play].
func PlayEngine(url string, options *ClientOptions, shaken bool) (*engine.Client, error) {
	return clientEngine(url, options, true, shaken)
}

func clientEngine(url string, options *ClientOptions, play, shaken bool) (*engine.Client, error) {
	o, t, err := prepare(url, options)
	if err != nil {
		return nil, err
	}
	var request *engine.PlayRequest
	if play {
		request = o.Play.request()
	}
	config := clientConfig(&o, &t, request)
	config.Shaken = shaken
	return engine.NewClient(config), nil
}

func serverConfig(o *ServerOptions) engine.ServerConfig {
	return engine.ServerConfig{
		Limits: o.Limits, Timeouts: o.Timeouts, Allocator: o.Allocator, Rand: randomness,
		ChunkSize: o.ChunkSize, WindowAckSize: o.WindowAckSize, PeerBandwidth: o.PeerBandwidth,
		AskConnect: o.AskConnect || len(o.Users) > 0, AskFCPublish: o.AskFCPublish, AskPlay: o.AskPlay || o.Hub != nil, SendOnBWDone: o.SendOnBWDone,
		Enhanced: o.Enhanced, Capabilities: o.Capabilities, AnswerCalls: o.AnswerCalls, Strict: o.Strict,
	}
}

// clientConfig is for playing if play is not nil.
func clientConfig(o *ClientOptions, t *target, play *engine.PlayRequest) engine.ClientConfig {
	tcURL, kind := o.TCURL, "nonprivate"
	if tcURL == "" {
		tcURL = t.tcURL()
	}
	app, base := t.app, tcURL
	if t.login != "" {
		app, tcURL = withParameters(app, t.login), withParameters(tcURL, t.login)
	}
	if play != nil {
		kind = ""
	}
	return engine.ClientConfig{
		Limits: o.Limits, Timeouts: o.Timeouts, Allocator: o.Allocator, Rand: randomness,
		Connect: message.Connect{
			App: app, TCURL: tcURL, FlashVer: o.FlashVer, SWFURL: o.SWFURL, PageURL: o.PageURL, Type: kind,
			Capabilities: 15, AudioCodecs: 0x0FFF, VideoCodecs: 0xFF, VideoFunction: 1,
		},
		BaseURL: base, StreamName: t.name, PublishType: o.PublishType, Play: play, ChunkSize: o.ChunkSize, Digest: o.DigestHandshake,
		Enhanced: o.Enhanced, Capabilities: o.capabilities(play != nil), AnswerCalls: o.AnswerCalls,
	}
}

// withParameters appends parameters that begin with '?' to an app or tcUrl, which may have some.
func withParameters(to, parameters string) string {
	if strings.Contains(to, "?") {
		parameters = "&" + parameters[1:]
	}
	return to + parameters
}
