package main

import (
	"cmp"
	"math"
	"slices"
)

// median returns the middle of the values, of an even number the lower of the two; the zero value when there are none.
func median[T cmp.Ordered](values []T) T { return percentile(values, 50) }

// percentile returns the smallest value that at least p percent of the values do not exceed; the zero value of none.
func percentile[T cmp.Ordered](values []T, p float64) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}
