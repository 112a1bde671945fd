package rtmp

import (
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// SetDataFrame sends data for a handler's name, which the server keeps for players that come later, until it is cleared or
// set anew. Metadata is such data: see [Client.SendMetadata].
func (c *Client) SetDataFrame(handler string, values ...amf.Value) error {
	return c.SendData(0, message.AppendData(nil, message.Data{Handler: handler, Set: true, Values: values}))
}

// ClearDataFrame makes players that come later get nothing under a handler's name, onMetaData among them.
func (c *Client) ClearDataFrame(handler string) error {
	return c.SendData(0, message.AppendData(nil, message.Data{Handler: handler, Clear: true}))
}
