//! Measures starting and stopping an emulator. The aim is 5 ms, so that every test can have its
//! own.

use criterion::Criterion;
use mps_emulator::Emulator;
use tokio::runtime;

fn main() -> std::io::Result<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("start and stop", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                if let Ok(emulator) = Emulator::start().await {
                    let _saved = emulator.stop().await;
                }
            });
        });
    });
    criterion.bench_function("make without a socket", |bencher| {
        bencher.iter(|| Emulator::builder().service());
    });
    criterion.final_summary();
    Ok(())
}
