package import Core

/// The requests to a provider that together answer one request for embeddings.
package struct EmbeddingPlan: Sendable {
    /// The JSON bodies, in the order of the inputs; all go to the same path.
    package var bodies: [[UInt8]]
    /// How many of the inputs each body holds.
    package var shares: [Int]

    /// Makes one answer of the answers to ``bodies``, in their order.
    ///
    /// Tokens are added up where every answer tells them.
    ///
    /// - Throws: an upstream error where an answer has fewer or more vectors than were asked for.
    package func merge(_ answers: [EmbeddingAnswer]) throws(GatewayError) -> EmbeddingAnswer {
        guard answers.count == self.shares.count, let first = answers.first else {
            throw GatewayError(.gatewayFault, origin: .gateway, "The answers do not fit the requests for embeddings.")
        }
        var merged = EmbeddingAnswer(model: first.model)
        merged.vectors.reserveCapacity(self.shares.reduce(0, +))
        var tokens: Int? = 0
        for (answer, share) in zip(answers, self.shares) {
            guard answer.vectors.count == share else {
                throw GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .otherTarget,
                    "The provider answered with \(answer.vectors.count) vectors for \(share) inputs.",
                    upstreamStatus: 200
                )
            }
            merged.vectors += answer.vectors
            if let known = tokens, let more = answer.tokens {
                tokens = known + more
            } else {
                tokens = nil
            }
            merged.isTruncated = merged.isTruncated || answer.isTruncated
        }
        merged.tokens = tokens
        return merged
    }
}
