"""Vectors near a vector: all of them while there are few, else those of the nearest clusters."""

import numpy as np
from numpy.typing import NDArray

# Up to here comparing with every vector takes a few milliseconds.
COMPARE_ALL = 50_000
# Of the clusters, whose number is the root of the number of vectors.
LOOKED_INTO = 6
SAMPLE = 20_000  # vectors that the clusters are found from


class Neighbours:
    """Vectors `(n, dim)` float32, rows of length 1; never changes once made."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        """Keep the vectors; if there are many, cluster them: seconds for 100,000."""
        self._places = np.arange(len(vectors))
        self._rows = self._places
        self._vectors = vectors
        self._centres: NDArray[np.float32] | None = None
        if len(vectors) > COMPARE_ALL:
            # A second and 60 MB, which most sites never need.
            from sklearn.cluster import MiniBatchKMeans

            chosen = np.random.default_rng(0).choice(len(vectors), SAMPLE, replace=False)
            clusters = int(len(vectors) ** 0.5)
            means = MiniBatchKMeans(clusters, batch_size=4096, n_init=1, random_state=0)
            means.fit(vectors[chosen])
            self._centres = means.cluster_centers_.astype(np.float32)
            nearest = means.predict(vectors)
            # Those of a cluster stand together: comparing with them reads on, and does not gather.
            self._places = np.argsort(nearest, kind="stable")
            self._rows = np.argsort(self._places)
            self._vectors = vectors[self._places]
            self._starts = np.searchsorted(nearest[self._places], np.arange(clusters + 1))

    @property
    def are_all_compared(self) -> bool:
        """Whether there are so few vectors that a query is compared with every one."""
        return self._centres is None

    def of(
        self, vector: NDArray[np.float32], also: NDArray[np.intp] | None = None
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The places of the vectors worth comparing with, and of those in `also`; their cosines."""
        if self._centres is None:
            return self._places, self._vectors @ vector
        clusters = np.argpartition(-(self._centres @ vector), LOOKED_INTO)[:LOOKED_INTO]
        spans = [slice(self._starts[c], self._starts[c + 1]) for c in clusters]
        near = np.concatenate([self._places[span] for span in spans])
        others = near[:0] if also is None else np.setdiff1d(also, near)
        cosines = [self._vectors[span] @ vector for span in spans]
        cosines.append(self._vectors[self._rows[others]] @ vector)
        return np.concatenate([near, others]), np.concatenate(cosines)
