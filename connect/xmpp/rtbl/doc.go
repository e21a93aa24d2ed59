// Package rtbl follows real-time block lists and publishes one. They are nodes of publish-subscribe services (XEP-0060) as xmppbl.org
// deploys them: the id of an item is what is listed, its payload may have a report (XEP-0377) and recommendations. There is no XEP.
//
// [Client] follows the nodes of several services: it subscribes as the component that nospim is ([door.Part]), takes what is pushed, and
// now and then reads all of each node, by pages (XEP-0059) where the service has them. [Publisher] lets anybody read and follow the
// entries that operators publish. Neither keeps anything itself: [Keeper] and [Shelf] are what they want of a store.
package rtbl
