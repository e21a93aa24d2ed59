//go:build !linux

package effort

import "time"

// spent is what the clock says.
func spent() time.Duration { return time.Duration(time.Now().UnixNano()) }
