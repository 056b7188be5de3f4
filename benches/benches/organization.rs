//! One large organization: what another policy would break, and a document made ready.
//!
//! Stated limit: 30 ms for a preview of 100,000 tokens.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use support::ProcessorTime;
use tokenward_benches::{documents, is_trial};
use tokenward_core::{Authorizer, OrgDocument, TokenPolicy};

fn bench(c: &mut Criterion<ProcessorTime>) {
    let mut group = c.benchmark_group("organization");
    group.sample_size(10);
    let sizes: &[u32] = if is_trial() {
        &[1_000]
    } else {
        &[10_000, 100_000]
    };
    for tokens in sizes {
        let document = documents::document(*tokens);
        let json = serde_json::to_string(&document).expect("a document is JSON");
        assert_eq!(OrgDocument::parse(&json).as_ref(), Ok(&document));
        group.bench_function(format!("JSON to document, {tokens} tokens"), |b| {
            b.iter_with_large_drop(|| OrgDocument::parse(&json))
        });
        group.bench_function(format!("document to authorizer, {tokens} tokens"), |b| {
            b.iter_with_large_drop(|| Authorizer::from_document(&document))
        });
        let authorizer = Authorizer::from_document(&document).expect("the document is in order");
        let preview = authorizer.preview(TokenPolicy::FineGrainedOnly);
        let counts = preview.summary;
        assert_eq!(
            counts.unchanged + counts.blocked + counts.unblocked,
            u64::from(*tokens)
        );
        assert!(!preview.tokens.is_empty());
        group.bench_function(format!("preview, {tokens} tokens"), |b| {
            b.iter_with_large_drop(|| authorizer.preview(TokenPolicy::FineGrainedOnly))
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = support::criterion();
    targets = bench
}
criterion_main!(benches);
