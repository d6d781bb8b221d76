// SPDX-License-Identifier: MIT

package main

import (
	"sync"
	"time"
)

// The server's clock starts at the moment that the snapshot was taken. It
// stands still, so that what is read back equals the snapshot, until it is
// advanced; with running set it runs.
type clock struct {
	mu      sync.Mutex
	taken   time.Time
	ahead   time.Duration
	started time.Time
	running bool
}

func newClock(taken time.Time, running bool) *clock {
	return &clock{taken: taken, started: time.Now(), running: running}
}

func (c *clock) now() time.Time { return c.taken.Add(c.elapsed()) }

// elapsed is how far the clock stands after the snapshot was taken, in whole
// seconds, as the times of samples are.
func (c *clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.ahead
	if c.running {
		elapsed += time.Since(c.started)
	}
	return elapsed.Truncate(time.Second)
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}
