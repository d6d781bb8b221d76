// SPDX-License-Identifier: MIT

package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A snapshot is a directory of CSV tables as collect writes it. Digests are
// not checked: the server also serves snapshots made by hand.
type snapshot struct {
	about    row
	clusters []row
	pools    []row
	hosts    []row
	vms      []row
	rules    []row
	samples  []row
	evcModes []row // none where there is no such table
	taken    time.Time
}

// A row is one record of a table; columns are found by name.
type row struct {
	table *table
	line  int
	cells []string
}

type table struct {
	file    string
	columns map[string]int
	rows    []row
}

// The columns whose cells come from people, in which one leading apostrophe
// guards against spreadsheets.
var textColumns = map[string]bool{"name": true, "path": true, "folder": true, "product": true, "account": true,
	"vsan_fault_domain": true,
}

func readSnapshot(dir string) (*snapshot, error) {
	s := &snapshot{}
	var about []row
	for _, t := range []struct {
		file string
		rows *[]row
	}{
		{"snapshot.csv", &about}, {"clusters.csv", &s.clusters}, {"pools.csv", &s.pools},
		{"hosts.csv", &s.hosts}, {"vms.csv", &s.vms}, {"rules.csv", &s.rules}, {"samples.csv", &s.samples},
	} {
		var err error
		if *t.rows, err = readTable(filepath.Join(dir, t.file)); err != nil {
			return nil, err
		}
	}
	if modes := filepath.Join(dir, "evc_modes.csv"); exists(modes) {
		var err error
		if s.evcModes, err = readTable(modes); err != nil {
			return nil, err
		}
	}
	if len(about) != 1 {
		return nil, fmt.Errorf("%s: %d rows where one is expected", filepath.Join(dir, "snapshot.csv"), len(about))
	}
	s.about = about[0]
	var err error
	s.taken, err = time.Parse(time.RFC3339, s.about.text("taken_at"))
	return s, err
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func readTable(file string) ([]row, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%s: no header row", file)
	}
	t := &table{file: file, columns: make(map[string]int)}
	for i, name := range records[0] {
		t.columns[name] = i
	}
	for i, cells := range records[1:] {
		t.rows = append(t.rows, row{table: t, line: i + 2, cells: cells})
	}
	return t.rows, nil
}

// text is the cell as it is meant; empty also where the column is absent.
func (r row) text(column string) string {
	i, ok := r.table.columns[column]
	if !ok {
		return ""
	}
	cell := r.cells[i]
	if textColumns[column] {
		cell = strings.TrimPrefix(cell, "'")
	}
	return cell
}

func (r row) known(column string) bool { return r.text(column) != "" }

func (r row) yes(column string) bool { return r.text(column) == "yes" }

// flag is nil where the cell is empty, as an unset optional property is.
func (r row) flag(column string) *bool {
	if !r.known(column) {
		return nil
	}
	value := r.yes(column)
	return &value
}

// number rounds to the whole units that the vSphere API has; 0 where empty.
func (r row) number(column string) int64 {
	value, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil {
		return 0
	}
	return int64(math.Round(value))
}

func (r row) list(column string) []string { return strings.Fields(r.text(column)) }
