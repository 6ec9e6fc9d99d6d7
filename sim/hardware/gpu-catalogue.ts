/**
 * GPUs: what a datasheet says a device can do, and what its host link has been measured to carry.
 *
 * Peak rates are dense (no structured sparsity), FP16 or BF16 inputs with FP32 accumulation, because that is what
 * serving engines run; GeForce cards run it at half of the FP16-accumulate rate that is often quoted. What fraction of a
 * peak a kernel reaches is not here but in `roofline-efficiencies.ts`.
 */
import { lookUp } from './catalogue-lookup.ts';

const TERA = 1e12;
const GIGA = 1e9;
const GIB = 1024 * 1024 * 1024;

/** GPU generation: decides which published model-FLOP utilisation stands in where nothing was measured. */
export type GpuArchitecture = 'Volta' | 'Ampere' | 'Ada' | 'Hopper';

export interface GpuSpec {
  readonly name: string;
  readonly architecture: GpuArchitecture;
  /** Device memory. Vendors' "80 GB" is 80 GiB of chips; drivers keep about 2 % of it (`kv-capacity.ts`). */
  readonly memoryBytes: number;
  /** Dense FP16/BF16 tensor peak, FP32 accumulate. */
  readonly peakFp16FlopsPerSecond: number;
  /** Peak bandwidth of the device memory. */
  readonly memoryBytesPerSecond: number;
  /** How the device hangs on its host. */
  readonly hostLink: string;
  /** Nominal rate of that link, each direction. */
  readonly hostLinkBytesPerSecond: number;
  /** Effective rate of large copies from pinned host memory. */
  readonly hostToDeviceBytesPerSecond: number;
  /** Effective rate of large copies to pinned host memory. */
  readonly deviceToHostBytesPerSecond: number;
  /** Link between the GPUs of one node, used by tensor-parallel all-reduce. */
  readonly peerLink: string;
  /** Nominal rate of that link for one GPU, each direction (half of the bidirectional figure on datasheets). */
  readonly peerLinkBytesPerSecond: number;
  /** Where the numbers come from. */
  readonly source: string;
}

/** What one kind of host link carries: nominal rate after line coding, and measured rates of large pinned copies. */
interface HostLink {
  readonly hostLink: string;
  readonly hostLinkBytesPerSecond: number;
  readonly hostToDeviceBytesPerSecond: number;
  readonly deviceToHostBytesPerSecond: number;
}

/** 8 GT/s × 16 lanes × 128/130. Measured: nvbandwidth README, host_to_device_memcpy_ce 12.36 GB/s. */
const PCIE_3: HostLink = {
  hostLink: 'PCIe 3.0 x16',
  hostLinkBytesPerSecond: 15.75 * GIGA,
  hostToDeviceBytesPerSecond: 12.36 * GIGA,
  deviceToHostBytesPerSecond: 12.36 * GIGA,
};

/** 16 GT/s × 16 lanes × 128/130. Measured: nvbandwidth v0.8 on 8×A100-SXM4-80GB, about 24.8 GB/s each way alone (NVIDIA developer forum 352186). */
const PCIE_4: HostLink = {
  hostLink: 'PCIe 4.0 x16',
  hostLinkBytesPerSecond: 31.5 * GIGA,
  hostToDeviceBytesPerSecond: 24.8 * GIGA,
  deviceToHostBytesPerSecond: 24.8 * GIGA,
};

/** 32 GT/s × 16 lanes × 128/130. Measured: 55.63 GB/s, the sample run of NVIDIA's nvbandwidth article (H100). */
const PCIE_5: HostLink = {
  hostLink: 'PCIe 5.0 x16',
  hostLinkBytesPerSecond: 63 * GIGA,
  hostToDeviceBytesPerSecond: 55.6 * GIGA,
  deviceToHostBytesPerSecond: 55.6 * GIGA,
};

/** 900 GB/s both directions together. Measured: 375 and 297 GB/s (Schieffer et al., ICPP 2024, Comm|Scope on GH200). */
const NVLINK_C2C: HostLink = {
  hostLink: 'NVLink-C2C',
  hostLinkBytesPerSecond: 450 * GIGA,
  hostToDeviceBytesPerSecond: 375 * GIGA,
  deviceToHostBytesPerSecond: 297 * GIGA,
};

const nvlink = (generation: string, bidirectionalGBps: number): Pick<GpuSpec, 'peerLink' | 'peerLinkBytesPerSecond'> => ({
  peerLink: generation,
  peerLinkBytesPerSecond: (bidirectionalGBps / 2) * GIGA,
});

/** Cards without NVLink reach each other over PCIe, at its nominal rate. */
const overPcie = (link: HostLink): Pick<GpuSpec, 'peerLink' | 'peerLinkBytesPerSecond'> => ({
  peerLink: link.hostLink,
  peerLinkBytesPerSecond: link.hostLinkBytesPerSecond,
});

const ENTRIES: readonly GpuSpec[] = [
  {
    name: 'GH200',
    architecture: 'Hopper',
    memoryBytes: 96 * GIB,
    peakFp16FlopsPerSecond: 989.4 * TERA,
    memoryBytesPerSecond: 4000 * GIGA,
    ...NVLINK_C2C,
    ...nvlink('NVLink 4', 900),
    source: 'NVIDIA GH200 Grace Hopper Superchip datasheet (96 GB HBM3 version; 1 979 TFLOP/s with sparsity)',
  },
  {
    name: 'H200',
    architecture: 'Hopper',
    memoryBytes: 141 * GIB,
    peakFp16FlopsPerSecond: 989.4 * TERA,
    memoryBytesPerSecond: 4800 * GIGA,
    ...PCIE_5,
    ...nvlink('NVLink 4', 900),
    source: 'NVIDIA H200 Tensor Core GPU datasheet (SXM; 1 979 TFLOP/s with sparsity)',
  },
  {
    name: 'H100',
    architecture: 'Hopper',
    memoryBytes: 80 * GIB,
    peakFp16FlopsPerSecond: 989.4 * TERA,
    memoryBytesPerSecond: 3350 * GIGA,
    ...PCIE_5,
    ...nvlink('NVLink 4', 900),
    source: 'NVIDIA H100 Tensor Core GPU architecture white paper, table 2 (SXM5)',
  },
  {
    name: 'H800',
    architecture: 'Hopper',
    memoryBytes: 80 * GIB,
    peakFp16FlopsPerSecond: 989.4 * TERA,
    memoryBytesPerSecond: 3350 * GIGA,
    ...PCIE_5,
    ...nvlink('NVLink 4, export version', 400),
    source: 'H100 SXM5 figures with NVLink at 400 GB/s (DeepSeek-V3 technical report, arXiv 2412.19437, section 3.1)',
  },
  {
    name: 'A100-80GB',
    architecture: 'Ampere',
    memoryBytes: 80 * GIB,
    peakFp16FlopsPerSecond: 312 * TERA,
    memoryBytesPerSecond: 2039 * GIGA,
    ...PCIE_4,
    ...nvlink('NVLink 3', 600),
    source: 'NVIDIA A100 Tensor Core GPU datasheet (80 GB SXM)',
  },
  {
    name: 'A100-40GB',
    architecture: 'Ampere',
    memoryBytes: 40 * GIB,
    peakFp16FlopsPerSecond: 312 * TERA,
    memoryBytesPerSecond: 1555 * GIGA,
    ...PCIE_4,
    ...nvlink('NVLink 3', 600),
    source: 'NVIDIA A100 Tensor Core GPU datasheet (40 GB SXM)',
  },
  {
    name: 'A800',
    architecture: 'Ampere',
    memoryBytes: 80 * GIB,
    peakFp16FlopsPerSecond: 312 * TERA,
    memoryBytesPerSecond: 2039 * GIGA,
    ...PCIE_4,
    ...nvlink('NVLink 3, export version', 400),
    source: 'NVIDIA A800 80 GB datasheet (SXM: A100 figures with NVLink at 400 GB/s)',
  },
  {
    name: 'A10',
    architecture: 'Ampere',
    memoryBytes: 24 * GIB,
    peakFp16FlopsPerSecond: 125 * TERA,
    memoryBytesPerSecond: 600 * GIGA,
    ...PCIE_4,
    ...overPcie(PCIE_4),
    source: 'NVIDIA A10 Tensor Core GPU datasheet',
  },
  {
    name: 'L40S',
    architecture: 'Ada',
    memoryBytes: 48 * GIB,
    peakFp16FlopsPerSecond: 362.05 * TERA,
    memoryBytesPerSecond: 864 * GIGA,
    ...PCIE_4,
    ...overPcie(PCIE_4),
    source: 'NVIDIA L40S GPU datasheet (733 TFLOP/s with sparsity)',
  },
  {
    name: 'RTX-4090',
    architecture: 'Ada',
    memoryBytes: 24 * GIB,
    peakFp16FlopsPerSecond: 165.2 * TERA,
    memoryBytesPerSecond: 1008 * GIGA,
    ...PCIE_4,
    ...overPcie(PCIE_4),
    source: 'NVIDIA Ada GPU architecture white paper, appendix A (FP16 tensor with FP32 accumulate, dense)',
  },
  {
    name: 'RTX-3090',
    architecture: 'Ampere',
    memoryBytes: 24 * GIB,
    peakFp16FlopsPerSecond: 71 * TERA,
    memoryBytesPerSecond: 936 * GIGA,
    ...PCIE_4,
    ...overPcie(PCIE_4),
    source: 'NVIDIA Ampere GA102 GPU architecture white paper, table 9 (FP16 tensor with FP32 accumulate, dense)',
  },
  {
    name: 'V100',
    architecture: 'Volta',
    memoryBytes: 32 * GIB,
    peakFp16FlopsPerSecond: 125 * TERA,
    memoryBytesPerSecond: 900 * GIGA,
    ...PCIE_3,
    ...nvlink('NVLink 2', 300),
    source: 'NVIDIA V100 Tensor Core GPU datasheet (SXM2, 32 GB)',
  },
];

/** Every GPU by name. */
export const GPUS: Readonly<Record<string, GpuSpec>> = Object.fromEntries(ENTRIES.map((gpu) => [gpu.name, gpu]));

/** The GPU called `name`. @throws RangeError naming the nearest GPU. */
export function gpuByName(name: string): GpuSpec {
  return lookUp('GPU', GPUS, name);
}
