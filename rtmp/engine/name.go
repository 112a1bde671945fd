package engine

import "strings"

// splitApp takes a peer's app apart: the application without slashes at its ends and without the default instance
// that FMS-style clients name, and its query.
func splitApp(raw string) (app, query string) {
	app, query, _ = strings.Cut(raw, "?")
	app = strings.Trim(app, "/")
	app = strings.TrimSuffix(app, "/_definst_")
	if app == "_definst_" {
		app = ""
	}
	return app, query
}

// splitName takes a stream name apart. Names are pasted by hand: white space around them and a slash at either end do
// not belong to them.
func splitName(raw string) (name, query string) {
	name, query, _ = strings.Cut(strings.Trim(raw, " \t\r\n"), "?")
	return strings.Trim(name, "/"), query
}

// appOfURL returns the path of a tcUrl, for peers that name no app.
func appOfURL(tcURL string) string {
	_, rest, ok := strings.Cut(tcURL, "://")
	if !ok {
		return ""
	}
	_, path, _ := strings.Cut(rest, "/")
	return path
}

// joinQueries joins the queries that are not empty, each once.
func joinQueries(queries ...string) string {
	var kept []string
next:
	for _, q := range queries {
		for _, k := range kept {
			if k == q {
				continue next
			}
		}
		if q != "" {
			kept = append(kept, q)
		}
	}
	return strings.Join(kept, "&")
}
