// SPDX-License-Identifier: MIT

package main

import (
	"strconv"

	"github.com/vmware/govmomi/vim25/types"
)

// optionalNumber is nil where the cell is empty, and -1 for unlimited.
func optionalNumber(r row, column string) *int64 {
	switch r.text(column) {
	case "":
		return nil
	case "unlimited":
		return types.NewInt64(-1)
	}
	return types.NewInt64(r.number(column))
}

// shares reads a level or a number; normal is what the level normal gives.
func shares(cell string, normal int64) *types.SharesInfo {
	levels := map[types.SharesLevel]int64{"low": normal / 2, "normal": normal, "high": 2 * normal}
	if number, known := levels[types.SharesLevel(cell)]; known {
		return &types.SharesInfo{Shares: int32(number), Level: types.SharesLevel(cell)}
	}
	number, err := strconv.ParseInt(cell, 10, 32)
	if err != nil {
		return nil
	}
	for level, of := range levels {
		if of == number {
			return &types.SharesInfo{Shares: int32(number), Level: level}
		}
	}
	return &types.SharesInfo{Shares: int32(number), Level: types.SharesLevelCustom}
}

// allocation reads the columns of one resource: what is "cpu" or "memory".
func allocation(r row, what, unit string, normalShares int64) types.ResourceAllocationInfo {
	return types.ResourceAllocationInfo{
		Reservation:           optionalNumber(r, what+"_reservation_"+unit),
		Limit:                 optionalNumber(r, what+"_limit_"+unit),
		ExpandableReservation: r.flag(what + "_expandable"),
		Shares:                shares(r.text(what+"_shares"), normalShares),
	}
}

// reserved is an allocation's reservation, 0 where none is known.
func reserved(a *types.ResourceAllocationInfo) int64 {
	if a == nil || a.Reservation == nil {
		return 0
	}
	return *a.Reservation
}
