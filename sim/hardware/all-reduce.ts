/**
 * All-reduce among the GPUs that share a model by tensor parallelism.
 *
 * Ring or switch all-reduce moves 2·(p − 1)/p of the message through each GPU's link; NCCL reaches about 0.75 of the
 * nominal one-way NVLink rate in bus bandwidth (nccl-tests on DGX A100: 230 of 300 GB/s; on DGX H100: 350–370 of 450).
 * A small message costs a fixed latency: about 10 µs for the one- and two-shot kernels of serving engines.
 */
const LINK_SHARE = 0.75;
const LATENCY_SECONDS = 10e-6;

/** @param linkBytesPerSecond nominal rate of one GPU's link, each direction. @returns seconds; 0 for a single GPU. */
export function allReduceSeconds(sizeBytes: number, gpus: number, linkBytesPerSecond: number): number {
  if (gpus === 1 || sizeBytes === 0) return 0;
  return LATENCY_SECONDS + (2 * (gpus - 1) * sizeBytes) / (gpus * linkBytesPerSecond * LINK_SHARE);
}
