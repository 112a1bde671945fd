// Command panics runs the tests of rtmp/panics_test.go: a panic at the beginning of every function of the library that a
// conversation comes through. The sources get a line more for that, laid over the real ones for this build alone.
//
//	go run ./tests/panics [flags of go test]
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// sources are those whose functions get the line: the protocol, and what reads before it. That buffer is not among them:
// a block that is not released because its release panics is lost.
var sources = []string{"internal/wire/*", "handshake/*", "chunk/*", "amf/*", "authmod/*", "proxyproto/*", "message/*", "media/*", "flv/*",
	"codec/*", "engine/*", "hub/*", "proxied", "tls_server", "login", "transport_tls"}

func main() {
	log.SetFlags(0)
	dir, err := os.MkdirTemp("", "panics")
	if err != nil {
		log.Fatal(err)
	}
	status := run(dir, os.Args[1:])
	os.RemoveAll(dir)
	os.Exit(status)
}

func run(dir string, arguments []string) (status int) {
	top, err := filepath.Abs(".")
	if err != nil {
		log.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for _, pattern := range sources {
		files, _ := filepath.Glob(filepath.Join(top, "rtmp", pattern+".go"))
		if len(files) == 0 {
			log.Fatalf("there is no rtmp/%s.go: run this where go.mod is", pattern)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			to := filepath.Join(dir, fmt.Sprintf("%d.go", len(overlay.Replace)))
			if err := prepare(name, to, filepath.Base(filepath.Dir(name))); err != nil {
				log.Fatal(err)
			}
			overlay.Replace[name] = to
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		log.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		log.Fatal(err)
	}
	test := exec.Command("go", append([]string{"test", "-tags", "panics", "-overlay", list, "-run", "TestPanics", "-count=1", "./rtmp"}, arguments...)...)
	test.Stdout, test.Stderr = os.Stdout, os.Stderr
	if err := test.Run(); err != nil {
		return 1
	}
	return 0
}

// prepare writes a source with a call of trap.At at the beginning of each function. Every line keeps its number.
func prepare(from, to, pkg string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, from, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	at := 0
	insert := func(place token.Pos, line string) {
		next := files.Position(place).Offset
		out.Write(text[at:next])
		out.WriteString(line)
		at = next
	}
	insert(file.Name.End(), `; import oxtrap "oxrtmp/rtmp/internal/trap"`)
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || f.Name.Name == "init" {
			continue
		}
		insert(f.Body.Lbrace+1, fmt.Sprintf(" oxtrap.At(%q); ", pkg+": "+functionName(f)))
	}
	out.Write(text[at:])
	out.WriteString("\nvar _ = oxtrap.At\n") // where there are no functions
	return os.WriteFile(to, out.Bytes(), 0o600)
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
			continue
		case *ast.IndexExpr:
			t = x.X
			continue
		case *ast.Ident:
			return x.Name + "." + f.Name.Name
		}
		return f.Name.Name
	}
}
