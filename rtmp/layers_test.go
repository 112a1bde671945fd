package rtmp_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// This file is a statement of policy: which package of the module may import which, and what the protocol's packages
// may not touch at all. A package imports from layers below its own and from the standard library, nothing else.
//
// Do not change the table to make a build pass. A new package needs an entry, and with it a decision where it belongs.

const module = "oxrtmp"

// firstIO is the lowest layer that may use sockets, files, clocks, goroutines, logs and randomness.
const firstIO = 4

// testSupport is the layer of packages that only _test.go files may import.
const testSupport = -1

type rule struct {
	layer    int
	sideways []string // imports permitted within the same layer
	unsafe   bool     // may import "unsafe" and "C"
	program  bool     // nobody may import it
}

// policy is the table. A name that ends in "/..." stands for every package below it that has no entry of its own.
var policy = map[string]rule{
	"testdata":           {layer: 0}, // a sample clip as bytes
	"rtmp/buffer":        {layer: 0, unsafe: true},
	"rtmp/internal/wire": {layer: 0},

	"rtmp/handshake":  {layer: 1},
	"rtmp/chunk":      {layer: 1},
	"rtmp/amf":        {layer: 1, unsafe: true}, // texts that alias the input
	"rtmp/authmod":    {layer: 1},
	"rtmp/proxyproto": {layer: 1},

	"rtmp/message": {layer: 2},
	"rtmp/media":   {layer: 2},
	"rtmp/flv":     {layer: 2, sideways: []string{"rtmp/media"}},
	"rtmp/codec":   {layer: 2, sideways: []string{"rtmp/media"}},

	"rtmp/engine": {layer: 3},
	"rtmp/hub":    {layer: 3},

	"rtmp":                 {layer: 4, unsafe: true}, // sendmsg takes its vectors by address
	"capi/internal/handle": {layer: 4},
	"capi/internal/queue":  {layer: 4},

	"capi": {layer: 5, unsafe: true, program: true},

	"examples/go/internal/...":     {layer: 6},
	"examples/go/internal/station": {layer: 6, sideways: []string{"examples/go/internal/live"}},
	"examples/go/...":              {layer: 7, program: true},
	"bench/internal/bench":         {layer: 6},
	"bench/...":                    {layer: 7, program: true},
	"tests/...":                    {layer: 7, program: true},
	"tests/c/other":                {layer: 7, unsafe: true, program: true}, // a second Go library in one process

	"rtmp/internal/vectors": {layer: testSupport},
	"rtmp/internal/trap":    {layer: testSupport}, // laid into the library's sources by tests/panics
}

// forbidden lists the imports that packages below firstIO may not have; a name that ends in "/" stands for all below it.
var forbidden = []string{
	"net", "net/", "os", "os/", "log", "log/", "syscall", "io/ioutil",
	"crypto/rand", "math/rand", "math/rand/v2", "testing", "testing/",
}

// harmless lists what of forbidden is permitted all the same, as it holds values only.
var harmless = []string{"net/netip"}

// clock lists what packages below firstIO may not use of package time: time enters as an argument there.
var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"}

// lookup returns the rule for a package, given by its directory below the module's root.
func lookup(pkg string) (rule, bool) {
	if r, ok := policy[pkg]; ok {
		return r, true
	}
	for dir := path.Dir(pkg); dir != "."; dir = path.Dir(dir) {
		if r, ok := policy[dir+"/..."]; ok {
			return r, true
		}
	}
	return rule{}, false
}

// checkFile returns what a file of a package does against the policy.
func checkFile(pkg string, fset *token.FileSet, file *ast.File) []string {
	r, ok := lookup(pkg)
	if !ok {
		return []string{fmt.Sprintf("package %s is not in the table: give it a layer", pkg)}
	}
	var faults []string
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			name = spec.Path.Value
		}
		if fault := checkImport(pkg, r, name); fault != "" {
			faults = append(faults, fmt.Sprintf("%s: %s", fset.Position(spec.Pos()), fault))
		}
	}
	if r.layer >= 0 && r.layer < firstIO {
		faults = append(faults, checkPure(r, fset, file)...)
	}
	return faults
}

func checkImport(pkg string, r rule, name string) string {
	if name == "unsafe" || name == "C" {
		if !r.unsafe {
			return fmt.Sprintf("%s may not import %q", pkg, name)
		}
		return ""
	}
	own, ours := strings.CutPrefix(name, module+"/")
	switch {
	case ours:
		other, ok := lookup(own)
		switch {
		case !ok:
			return fmt.Sprintf("imports %s, which is not in the table", own)
		case other.layer == testSupport:
			return fmt.Sprintf("imports %s, which is for tests", own)
		case other.program:
			return fmt.Sprintf("imports %s, which is a program", own)
		case other.layer < r.layer, slices.Contains(r.sideways, own):
			return ""
		}
		return fmt.Sprintf("%s (layer %d) may not import %s (layer %d)", pkg, r.layer, own, other.layer)
	case strings.Contains(strings.Split(name, "/")[0], "."):
		return fmt.Sprintf("%q is not of the standard library", name)
	case r.layer == testSupport || r.layer >= firstIO, slices.Contains(harmless, name):
		return ""
	}
	for _, f := range forbidden {
		if name == f || strings.HasSuffix(f, "/") && strings.HasPrefix(name, f) {
			return fmt.Sprintf("%s (layer %d) may not import %q", pkg, r.layer, name)
		}
	}
	return ""
}

// checkPure finds goroutines and clocks.
func checkPure(r rule, fset *token.FileSet, file *ast.File) []string {
	var faults []string
	fault := func(n ast.Node, what string) {
		faults = append(faults, fmt.Sprintf("%s: %s in layer %d", fset.Position(n.Pos()), what, r.layer))
	}
	timeName := ""
	for _, spec := range file.Imports {
		if spec.Path.Value == `"time"` {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
			if timeName == "." {
				fault(spec, "dot import of time")
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			fault(n, "go statement")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(clock, n.Sel.Name) {
				fault(n, "time."+n.Sel.Name)
			}
		}
		return true
	})
	return faults
}

// TestLayers holds every package of the module to the table, whatever its build constraints. Directories with a go.mod
// of their own are other modules.
func TestLayers(t *testing.T) {
	root := vectors.Root(t)
	files := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(root, name)
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, fault := range checkFile(filepath.ToSlash(dir), fset, file) {
			t.Error(strings.TrimPrefix(fault, root+string(filepath.Separator)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("found only %d files below %s", files, root)
	}
}

func skipDir(root, name string) error {
	base := filepath.Base(name)
	if name == root {
		return nil
	}
	if base == "testdata" && filepath.Dir(name) != root || base == "node_modules" || base == "build" && filepath.Dir(name) == root ||
		strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if mods, _ := filepath.Glob(filepath.Join(name, "go.mod")); len(mods) > 0 {
		return filepath.SkipDir
	}
	return nil
}

// TestPolicyFindsFaults shows that each rule can fail.
func TestPolicyFindsFaults(t *testing.T) {
	for _, tc := range []struct {
		pkg, body string
		faults    int
	}{
		{"rtmp/chunk", `import ("errors"; "time"; "oxrtmp/rtmp/buffer"); const d = time.Second`, 0},
		{"rtmp/chunk", `import "oxrtmp/rtmp/amf"`, 1},
		{"rtmp/chunk", `import "oxrtmp/rtmp/message"`, 1},
		{"rtmp/buffer", `import "oxrtmp/rtmp/internal/wire"`, 1},
		{"rtmp/flv", `import "oxrtmp/rtmp/media"`, 0},
		{"rtmp/media", `import "oxrtmp/rtmp/flv"`, 1},
		{"rtmp/engine", `import ("net"; "net/url"; "net/netip"; "os"; "os/signal"; "log"; "log/slog"; "crypto/rand"; "math/rand/v2")`, 8},
		{"rtmp/engine", `import "time"; var now = time.Now; func f() { time.AfterFunc(0, f) }`, 2},
		{"rtmp/engine", `import clock "time"; var x = clock.Since`, 1},
		{"rtmp/engine", `import . "time"`, 1},
		{"rtmp/engine", `func f() { go f(); defer f() }`, 1},
		{"rtmp", `import ("net"; "os"; "time"; "oxrtmp/rtmp/engine"); var now = time.Now; func f() { go f() }`, 0},
		{"rtmp", `import "oxrtmp/capi/internal/handle"`, 1},
		{"rtmp", `import "github.com/pion/webrtc"`, 1},
		{"rtmp", `import "unsafe"`, 0},
		{"rtmp/engine", `import "unsafe"`, 1},
		{"rtmp", `import "oxrtmp/rtmp/internal/vectors"`, 1},
		{"rtmp/buffer", `import "unsafe"`, 0},
		{"capi", `import ("C"; "unsafe"; "oxrtmp/rtmp"; "oxrtmp/rtmp/media"; "oxrtmp/capi/internal/handle")`, 0},
		{"examples/go/push", `import ("flag"; "os"; "oxrtmp/rtmp"; "oxrtmp/rtmp/flv")`, 0},
		{"examples/go/push", `import ("oxrtmp/capi"; "oxrtmp/examples/go/ingest")`, 2},
		{"examples/go/push", `import "oxrtmp/examples/go/internal/clip"`, 0},
		{"examples/go/internal/clip", `import "oxrtmp/rtmp/internal/vectors"`, 1},
		{"capi", `import "oxrtmp/examples/go/internal/clip"`, 1},
		{"rtmp/extra", ``, 1},
		{"rtmp/chunk/inner", ``, 1},
		{"rtmp/chunk", `import "oxrtmp/rtmp/extra"`, 1},
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", "package x\n"+tc.body, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkFile(tc.pkg, fset, file); len(got) != tc.faults {
			t.Errorf("%s with %s: %d faults, want %d: %q", tc.pkg, tc.body, len(got), tc.faults, got)
		}
	}
}
