package rtmp

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// target is where a client goes, from a URL rtmp://[user[:password]@]host[:port]/app[/instance]/name[?query].
type target struct {
	scheme   string
	host     string // without brackets
	port     string
	app      string
	name     string // with its query
	user     string
	password string
	login    string // parameters of a login, with their '?', for app and tcUrl
}

var defaultPorts = map[string]string{"rtmp": "1935", "rtmps": "443"}

// parseURL splits a URL at the last '/' before its query: what is before it is the app, what follows is the stream
// name, and the query belongs to the name.
func parseURL(raw string) (t target, err error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	t.scheme = strings.ToLower(scheme)
	if !ok || defaultPorts[t.scheme] == "" {
		return t, fmt.Errorf("rtmp: URL does not begin with rtmp:// or rtmps://")
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		if t.user, err = url.PathUnescape(user); err != nil {
			return t, fmt.Errorf("rtmp: URL user: %w", err)
		}
		if t.password, err = url.PathUnescape(password); err != nil {
			return t, fmt.Errorf("rtmp: URL password: %w", err)
		}
		authority = authority[i+1:]
	}
	if t.host, t.port, err = splitAuthority(authority, defaultPorts[t.scheme]); err != nil {
		return t, err
	}
	if strings.IndexByte(raw, 0) >= 0 {
		return t, fmt.Errorf("rtmp: URL contains a NUL byte")
	}
	path = strings.TrimPrefix(path, "/")
	plain, query, hasQuery := strings.Cut(path, "?")
	t.name = plain
	if i := strings.LastIndexByte(plain, '/'); i >= 0 {
		t.app, t.name = plain[:i], plain[i+1:]
	}
	if hasQuery {
		t.name += "?" + query
	}
	return t, nil
}

func splitAuthority(authority, defaultPort string) (host, port string, err error) {
	host, port = authority, defaultPort
	switch end := strings.LastIndexByte(authority, ']'); {
	case strings.HasPrefix(authority, "["):
		if end < 0 {
			return "", "", fmt.Errorf("rtmp: URL host %q lacks a bracket", authority)
		}
		host = authority[1:end]
		if rest := authority[end+1:]; rest != "" {
			if port = strings.TrimPrefix(rest, ":"); port == rest {
				return "", "", fmt.Errorf("rtmp: URL host %q", authority)
			}
		}
	case strings.Contains(authority, ":"):
		host, port, _ = strings.Cut(authority, ":")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return "", "", fmt.Errorf("rtmp: URL host %q", authority)
	}
	return host, port, nil
}

func (t *target) address() string { return net.JoinHostPort(t.host, t.port) }

// tcURL is what connect says: without the stream name, credentials and the scheme's own port.
func (t *target) tcURL() string {
	host := t.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.port != defaultPorts[t.scheme] {
		host += ":" + t.port
	}
	return t.scheme + "://" + host + "/" + t.app
}
