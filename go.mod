module github.com/nospim/nospim

go 1.26.8
