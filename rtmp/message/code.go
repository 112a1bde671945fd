package message

import "strings"

// Codes of a [Status]. The level that belongs to each is what [LevelOf] says.
const (
	CodeCallBadVersion = "NetConnection.Call.BadVersion"
	CodeCallFailed     = "NetConnection.Call.Failed"
	CodeCallProhibited = "NetConnection.Call.Prohibited"

	CodeConnectAppShutdown      = "NetConnection.Connect.AppShutdown"
	CodeConnectClosed           = "NetConnection.Connect.Closed"
	CodeConnectFailed           = "NetConnection.Connect.Failed"
	CodeConnectIdleTimeout      = "NetConnection.Connect.IdleTimeout"
	CodeConnectInvalidApp       = "NetConnection.Connect.InvalidApp"
	CodeConnectNetworkChange    = "NetConnection.Connect.NetworkChange"
	CodeConnectReconnectRequest = "NetConnection.Connect.ReconnectRequest" // Enhanced RTMP v2
	CodeConnectRejected         = "NetConnection.Connect.Rejected"
	CodeConnectSuccess          = "NetConnection.Connect.Success"

	CodeStreamFailed     = "NetStream.Failed"
	CodeStreamInvalidArg = "NetStream.InvalidArg"
	CodeBufferEmpty      = "NetStream.Buffer.Empty"
	CodeBufferFlush      = "NetStream.Buffer.Flush"
	CodeBufferFull       = "NetStream.Buffer.Full"
	CodeClearFailed      = "NetStream.Clear.Failed"
	CodeClearSuccess     = "NetStream.Clear.Success"
	CodeDataStart        = "NetStream.Data.Start"
	CodePauseNotify      = "NetStream.Pause.Notify"
	CodeUnpauseNotify    = "NetStream.Unpause.Notify"
	CodeSeekFailed       = "NetStream.Seek.Failed"
	CodeSeekInvalidTime  = "NetStream.Seek.InvalidTime"
	CodeSeekNotify       = "NetStream.Seek.Notify"

	CodePlayComplete              = "NetStream.Play.Complete"
	CodePlayFailed                = "NetStream.Play.Failed"
	CodePlayFileStructureInvalid  = "NetStream.Play.FileStructureInvalid"
	CodePlayInsufficientBW        = "NetStream.Play.InsufficientBW"
	CodePlayNoSupportedTrackFound = "NetStream.Play.NoSupportedTrackFound"
	CodePlayPublishNotify         = "NetStream.Play.PublishNotify"
	CodePlayReset                 = "NetStream.Play.Reset"
	CodePlayStart                 = "NetStream.Play.Start"
	CodePlayStop                  = "NetStream.Play.Stop"
	CodePlayStreamNotFound        = "NetStream.Play.StreamNotFound"
	CodePlaySwitch                = "NetStream.Play.Switch"
	CodePlayTransition            = "NetStream.Play.Transition"
	CodePlayTransitionComplete    = "NetStream.Play.TransitionComplete"
	CodePlayUnpublishNotify       = "NetStream.Play.UnpublishNotify"

	CodePublishBadAuth      = "NetStream.Publish.BadAuth"
	CodePublishBadName      = "NetStream.Publish.BadName"
	CodePublishDenied       = "NetStream.Publish.Denied"
	CodePublishFailed       = "NetStream.Publish.Failed"
	CodePublishIdle         = "NetStream.Publish.Idle"
	CodePublishRejected     = "NetStream.Publish.Rejected"
	CodePublishStart        = "NetStream.Publish.Start"
	CodePublishUnauthorized = "NetStream.Publish.Unauthorized"
	CodeUnpublishSuccess    = "NetStream.Unpublish.Success"

	CodeRecordFailed   = "NetStream.Record.Failed"
	CodeRecordNoAccess = "NetStream.Record.NoAccess"
	CodeRecordStart    = "NetStream.Record.Start"
	CodeRecordStop     = "NetStream.Record.Stop"

	CodeSharedObjectNoReadAccess  = "SharedObject.NoReadAccess"
	CodeSharedObjectNoWriteAccess = "SharedObject.NoWriteAccess"
)

// LevelOf returns the level that a status of this code has by convention: LevelError, LevelWarning, or, as for codes
// it does not know, LevelStatus.
func LevelOf(code string) string {
	switch code {
	case CodeCallBadVersion, CodeCallProhibited, CodeConnectAppShutdown, CodeConnectInvalidApp, CodeConnectRejected,
		CodeStreamFailed, CodeStreamInvalidArg, CodeSeekInvalidTime, CodePlayFileStructureInvalid,
		CodePlayNoSupportedTrackFound, CodePlayStreamNotFound, CodePublishBadAuth, CodePublishBadName,
		CodePublishDenied, CodePublishRejected, CodePublishUnauthorized, CodeRecordNoAccess,
		CodeSharedObjectNoReadAccess, CodeSharedObjectNoWriteAccess,
		"NetConnection.Proxy.NotResponding", "NetStream.Record.DiskQuotaExceeded", "SharedObject.BadPersistence",
		"SharedObject.ObjectCreationFailed", "SharedObject.UriMismatch":
		return LevelError
	case CodePlayInsufficientBW, "Application.Script.Error", "Application.Resource.LowMemory":
		return LevelWarning
	}
	if strings.HasSuffix(code, ".Failed") {
		return LevelError
	}
	return LevelStatus
}
