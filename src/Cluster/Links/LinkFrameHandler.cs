namespace Warren.Cluster.Links;

/// <summary>Takes a frame on the link's reader loop.</summary>
internal delegate void LinkFrameHandler(in PeerFrame frame);
