package main

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/handshake"
)

// Every error that a package of the library exports has one status in the table.
func TestEveryErrorHasAStatus(t *testing.T) {
	mapped := mappedErrors(t)
	var found int
	err := filepath.WalkDir("../rtmp", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.Contains(path, "/internal/") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if !strings.HasPrefix(name.Name, "Err") || !name.IsExported() {
						continue
					}
					found++
					if full := file.Name.Name + "." + name.Name; !mapped[full] {
						t.Errorf("%s: %s has no status", path, full)
					}
				}
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Fatalf("%d errors found, %v", found, err)
	}
}

// mappedErrors returns the errors that the table in status.go names, as "package.Name".
func mappedErrors(t *testing.T) map[string]bool {
	file, err := parser.ParseFile(token.NewFileSet(), "status.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	mapped := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "statuses" {
			return true
		}
		ast.Inspect(spec, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				name := fmt.Sprint(s.X) + "." + s.Sel.Name
				if mapped[name] && strings.HasPrefix(s.Sel.Name, "Err") {
					t.Errorf("%s is in the table twice", name)
				}
				mapped[name] = true
			}
			return true
		})
		return false
	})
	return mapped
}

func TestStatusOf(t *testing.T) {
	at := func(phase rtmp.Phase, err error) error { return &rtmp.Error{Phase: phase, Err: err} }
	refusal := func(code, description string) error {
		return at(engine.PhasePublish, &rtmp.StatusError{Level: "error", Code: code, Description: description})
	}
	system := func(op string, number syscall.Errno) error {
		return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, number)}
	}
	for _, c := range []struct {
		err    error
		status int32
	}{
		{nil, 0},
		{errArgument, -101},
		{rtmp.ErrTimeout, -107},
		{at(engine.PhaseMedia, rtmp.ErrTimeout), -207}, // the connection's, not the call's
		{context.DeadlineExceeded, -107},
		{rtmp.ErrClosed, -108},
		{fmt.Errorf("more: %w", rtmp.ErrClosed), -108},
		{io.EOF, -109},
		{at(engine.PhaseMedia, io.EOF), -109},
		{at(engine.PhaseMedia, gone{io.ErrUnexpectedEOF}), -109},
		{at(engine.PhaseMedia, gone{system("read", syscall.ECONNRESET)}), -109},
		{at(engine.PhaseHandshake, io.ErrUnexpectedEOF), -204},
		{at(engine.PhaseMedia, system("read", syscall.ECONNRESET)), -204},
		{at(engine.PhaseTCP, system("dial", syscall.ECONNREFUSED)), -202},
		{at(engine.PhaseTCP, system("listen", syscall.EADDRINUSE)), -205},
		{at(engine.PhaseResolve, &net.DNSError{Err: "no such host", Name: "x"}), -201},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, -206},
		{at(engine.PhaseTLS, errors.ErrUnsupported), -112},
		{at(engine.PhaseHandshake, &handshake.VersionError{Version: 6}), -302},
		{at(engine.PhaseHandshake, errors.New("anything")), -302},
		{at(engine.PhaseMedia, &chunk.Error{Err: chunk.ErrNoPredecessor}), -303},
		{at(engine.PhaseConnect, &chunk.Error{Err: chunk.ErrMessageSize}), -306},
		{at(engine.PhaseMedia, &amf.Error{Err: amf.ErrMarker}), -304},
		{at(engine.PhaseMedia, errors.New("anything")), -301},
		{at(engine.PhaseNone, errors.New("a panic")), -901},
		{&flv.Error{Err: flv.ErrHeader}, -308},
		{&flv.Error{Err: flv.ErrTruncated}, -109},
		{refusal("NetStream.Publish.BadName", ""), -403},
		{refusal("NetStream.Publish.Denied", ""), -401},
		{refusal("NetStream.Publish.BadAuth", ""), -402},
		{refusal("NetConnection.Connect.InvalidApp", ""), -404},
		{refusal("NetConnection.Connect.Rejected", "[ code=403 need auth; authmod=adobe ]"), -402},
		{errors.New("anything"), -901},
	} {
		if got := int32(statusOf(c.err)); got != c.status {
			t.Errorf("%v: status %d, want %d", c.err, got, c.status)
		}
	}
}

// gone is how a client is told that its server has gone.
type gone struct{ error }

func (g gone) Unwrap() []error { return []error{io.EOF, g.error} }

func TestPanicPlace(t *testing.T) {
	var place string
	func() {
		defer func() {
			recover()
			place = panicPlace(string(debug.Stack()))
		}()
		var p *rtmp.Server
		p.Addr()
	}()
	if !strings.Contains(place, "rtmp/server.go:") {
		t.Errorf("place = %q", place)
	}
	if got := panicPlace("nonsense"); got != "an unknown place" {
		t.Errorf("place = %q", got)
	}
}

func TestGuard(t *testing.T) {
	before := faults.Load()
	status := statusOf(nil)
	func() {
		defer guard(&status)
		var p *rtmp.Server
		p.Addr()
	}()
	if status != -901 || faults.Load() != before+1 {
		t.Errorf("status %d, %d faults more", status, faults.Load()-before)
	}
}
