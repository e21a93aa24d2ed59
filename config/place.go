package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
)

// Complete gives what is left at zero its default, names the data directory and the policy file for this machine and makes
// both absolute. The zero Config is a good one.
func (c Config) Complete() (Config, error) {
	fill(reflect.ValueOf(&c).Elem(), reflect.ValueOf(Default()))
	if c.Data == "" {
		dir, err := dataDir(runtime.GOOS, os.Geteuid(), os.Getenv)
		if err != nil {
			return Config{}, err
		}
		c.Data = dir
	}
	var err error
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return Config{}, err
	}
	if c.Policy == "" {
		c.Policy = PolicyIn(c.Data)
	}
	if c.Record != "" {
		if c.Record, err = filepath.Abs(c.Record); err != nil {
			return Config{}, err
		}
	}
	if c.Brands != "" {
		if c.Brands, err = filepath.Abs(c.Brands); err != nil {
			return Config{}, err
		}
	}
	c.Policy, err = filepath.Abs(c.Policy)
	return c, err
}

// PolicyIn returns the policy file of a data directory that is used when no other is named.
func PolicyIn(data string) string { return filepath.Join(data, "policy.yaml") }

// File returns the configuration file that is read when none is named: nospim/nospim.yaml in the user's configuration
// directory ($XDG_CONFIG_HOME, ~/.config), else /etc/nospim/nospim.yaml. It returns "" when neither exists.
func File() string {
	var places []string
	if dir, err := os.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "nospim", "nospim.yaml"))
	}
	places = append(places, filepath.Join("/etc", "nospim", "nospim.yaml"))
	for _, name := range places {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}

// errNoHome says what to do when the platform names no place for data.
var errNoHome = errors.New("neither HOME nor another place for data is set: name a directory with --data or the key data")

// dataDir is the usual place of the platform. An explicit XDG_DATA_HOME wins over root's /var/lib.
func dataDir(goos string, euid int, getenv func(string) string) (string, error) {
	home := getenv("HOME")
	switch goos {
	case "windows":
		if dir := getenv("LocalAppData"); dir != "" {
			return filepath.Join(dir, "nospim"), nil
		}
		return "", errNoHome
	case "darwin":
		if home != "" && euid != 0 {
			return filepath.Join(home, "Library", "Application Support", "nospim"), nil
		}
	}
	switch xdg := getenv("XDG_DATA_HOME"); {
	case filepath.IsAbs(xdg): // the XDG base directory specification: a relative path is to be ignored
		return filepath.Join(xdg, "nospim"), nil
	case euid == 0:
		return "/var/lib/nospim", nil
	case home != "":
		return filepath.Join(home, ".local", "share", "nospim"), nil
	}
	return "", errNoHome
}
