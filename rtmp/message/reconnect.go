package message

import (
	"strings"

	"oxrtmp/rtmp/amf"
)

// ReconnectRequest returns the status with which a server asks a client to connect anew, on message stream 0: to tcURL,
// which may be relative to the client's, or, if it is empty, to the same. Enhanced RTMP v2, "Reconnect Request".
func ReconnectRequest(tcURL, description string) Status {
	s := NewStatus(CodeConnectReconnectRequest, description)
	if tcURL != "" {
		s.Properties = []amf.Property{{Name: "tcUrl", Value: amf.String(tcURL)}}
	}
	return s
}

// Reconnect returns the tcUrl to connect to instead of the given one, when the status asks for it. ok is false for
// other statuses.
func (s Status) Reconnect(tcURL string) (url string, ok bool) {
	if s.Code != CodeConnectReconnectRequest {
		return "", false
	}
	v, _ := s.Get("tcUrl")
	reference, _ := amf.AsString(v)
	return ResolveURL(tcURL, reference), true
}

// ResolveURL resolves a reference against a URL. RFC 3986 §5.2; the fragment, which RTMP has no use for, stays part of
// what it follows.
func ResolveURL(base, reference string) string {
	if scheme(reference) != "" {
		return reference
	}
	start := scheme(base)
	rest := base[len(start):]
	if strings.HasPrefix(reference, "//") {
		return start + reference
	}
	authority, path := "", rest
	if strings.HasPrefix(rest, "//") {
		end := len(rest)
		if i := strings.IndexAny(rest[2:], "/?"); i >= 0 {
			end = i + 2
		}
		authority, path = rest[:end], rest[end:]
	}
	path, query, hasQuery := strings.Cut(path, "?")
	refPath, refQuery, refHasQuery := strings.Cut(reference, "?")
	switch {
	case refPath == "":
		if refHasQuery {
			query, hasQuery = refQuery, true
		}
	case refPath[0] == '/':
		path, query, hasQuery = withoutDots(refPath), refQuery, refHasQuery
	default:
		i := strings.LastIndexByte(path, '/')
		if i < 0 && authority != "" {
			refPath = "/" + refPath
		}
		path, query, hasQuery = withoutDots(path[:i+1]+refPath), refQuery, refHasQuery
	}
	if hasQuery {
		path += "?" + query
	}
	return start + authority + path
}

// scheme returns the scheme of a URL and its colon, or "".
func scheme(url string) string {
	for i := range len(url) {
		switch c := url[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return url[:i+1]
		default:
			return ""
		}
	}
	return ""
}

// withoutDots takes the segments "." and ".." out of a path.
func withoutDots(path string) string {
	var kept []string
	segments := strings.Split(path, "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if n := len(kept); s == ".." && (n > 1 || n == 1 && kept[0] != "") {
				kept = kept[:n-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "/")
}
