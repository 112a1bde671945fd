package engine

import "strings"

// withoutInstance takes the default instance off an app, which FMS-style clients name.
func withoutInstance(app string) string {
	if app == "_definst_" {
		return ""
	}
	return strings.TrimSuffix(app, "/_definst_")
}

// splitName takes a stream name apart. Names are pasted by hand: white space around them and a slash at either end do
// not belong to them.
func splitName(raw string) (name, query string) {
	name, query, _ = strings.Cut(strings.Trim(raw, " \t\r\n"), "?")
	return strings.Trim(name, "/"), query
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
