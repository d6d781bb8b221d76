// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// The library takes the elements of a request in any order and misses none.
// vCenter does not: they come in the order of the definition, those of base
// types first, and what is required is there. checkRequest tells the first
// offence; nil also for methods that are not known, which the library refuses.
func checkRequest(body []byte) error {
	c := &requestChecker{
		decoder: xml.NewDecoder(bytes.NewReader(body)), typeOf: types.TypeFunc(), known: make(map[reflect.Type][]member),
	}
	inBody := false
	for {
		token, err := c.decoder.Token()
		if err == io.EOF {
			return fmt.Errorf("no method in the SOAP body")
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case inBody:
			if start.Name.Space != "urn:vim25" {
				return fmt.Errorf("method %s in the namespace %q", start.Name.Local, start.Name.Space)
			}
			method, known := c.typeOf(start.Name.Local)
			if !known {
				return nil
			}
			return c.element(start, method)
		case start.Name.Local == "Body":
			inBody = true
		}
	}
}

type requestChecker struct {
	decoder *xml.Decoder
	typeOf  func(string) (reflect.Type, bool)
	known   map[reflect.Type][]member
}

// A member is one element that a type may have.
type member struct {
	name     string
	kind     reflect.Type
	many     bool
	required bool
}

var (
	timeType      = reflect.TypeOf(time.Time{})
	referenceType = reflect.TypeOf(types.ManagedObjectReference{})
)

// element checks an element whose start was read, to its end.
func (c *requestChecker) element(start xml.StartElement, declared reflect.Type) error {
	kind, err := c.actual(start, declared)
	if err != nil {
		return err
	}
	if kind == referenceType {
		if attribute(start, "type") == "" {
			return fmt.Errorf("a reference without a type in %s", start.Name.Local)
		}
		return c.decoder.Skip()
	}
	if kind == nil || kind.Kind() != reflect.Struct || kind == timeType {
		return c.decoder.Skip()
	}
	return c.members(kind)
}

// members checks the children of an element of a type.
func (c *requestChecker) members(kind reflect.Type) error {
	all, known := c.known[kind]
	if !known {
		all = membersOf(kind)
		c.known[kind] = all
	}
	next, owed := 0, 0 // where the next may be; the first that is not yet there
	for {
		token, err := c.decoder.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return missing(kind, all[owed:])
		case xml.StartElement:
			at := next
			for at < len(all) && all[at].name != token.Name.Local {
				at++
			}
			if at == len(all) {
				return fmt.Errorf("unexpected element tag %q seen in %s", token.Name.Local, kind.Name())
			}
			if at > owed {
				if err := missing(kind, all[owed:at]); err != nil {
					return err
				}
			}
			if err := c.element(token, all[at].kind); err != nil {
				return err
			}
			next, owed = at+1, at+1
			if all[at].many {
				next = at
			}
		}
	}
}

func missing(kind reflect.Type, skipped []member) error {
	for _, m := range skipped {
		if m.required {
			return fmt.Errorf("required property %s is missing from data object of type %s", m.name, kind.Name())
		}
	}
	return nil
}

// actual is the type that xsi:type names, else the declared; nil for anything.
func (c *requestChecker) actual(start xml.StartElement, declared reflect.Type) (reflect.Type, error) {
	name := ""
	for _, a := range start.Attr {
		if a.Name.Local == "type" && a.Name.Space == "http://www.w3.org/2001/XMLSchema-instance" {
			name = a.Value[strings.LastIndexByte(a.Value, ':')+1:]
		}
	}
	if name == "" {
		if declared.Kind() != reflect.Interface {
			return declared, nil
		}
		if name = strings.TrimPrefix(declared.Name(), "Base"); name == "" || name == "AnyType" {
			return nil, nil
		}
	}
	kind, known := c.typeOf(name)
	if !known {
		return nil, fmt.Errorf("unknown type %q of %s", name, start.Name.Local)
	}
	return kind, nil
}

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// membersOf lists the elements of a type in their order, by the library's tags.
func membersOf(kind reflect.Type) []member {
	var all []member
	for i := 0; i < kind.NumField(); i++ {
		field := kind.Field(i)
		if field.Anonymous {
			all = append(all, membersOf(field.Type)...)
			continue
		}
		words := strings.Split(field.Tag.Get("xml"), ",")
		if words[0] == "" {
			continue
		}
		m := member{name: words[0], kind: field.Type, required: true}
		for _, word := range words[1:] {
			m.required = m.required && word != "omitempty"
		}
		switch field.Type.Kind() {
		case reflect.Ptr:
			m.kind, m.required = field.Type.Elem(), false
		case reflect.Slice:
			if field.Type.Elem().Kind() != reflect.Uint8 {
				m.kind, m.many = field.Type.Elem(), true
			}
		}
		all = append(all, m)
	}
	return all
}
