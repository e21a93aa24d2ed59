// Package model is the learned classifier: a text goes in, the probability that it is spim comes out.
//
// Three views look at one text. The word view sees words and pairs of words, the character view sees the pieces of words, the
// shape view sees no word at all: length, digits, capitals, links, tricks. Each view is a linear support vector machine over
// hashed features, trained by itself; a logistic regression over their margins, fitted on texts that no view was trained on,
// makes one probability of them. So no single view can condemn a text that the others find harmless.
//
// [Train] makes a [Model] of [Sample] values, the same one to the byte for the same samples and seed. [Model.Score] takes a few
// microseconds and allocates nothing; [Model.Explain] says which words weighed most; [Model.Category] says what kind of spim it
// looks like. [Shipped] is the model that the program comes with. The other files measure: [Measure], [Protocols].
package model
