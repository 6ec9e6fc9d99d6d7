/**
 * The part of gpu.js 2.24 that this project uses, as an interface, so that the library is handed in: Node loads the package, a browser page
 * the built file, and nothing here loads either.
 */

/** The module `gpu.js`, or the global that its browser build defines. */
export interface GpuLibrary {
  readonly GPU: new (settings: { mode: string }) => GpuInstance;
  readonly Texture: new (settings: GpuTextureSettings) => GpuTexture;
  readonly input: (value: Float32Array, size: number[]) => object;
  readonly WebGL2Kernel: KernelClass;
  readonly WebGLKernel: KernelClass;
  readonly HeadlessGLKernel: KernelClass;
  readonly WebAssemblyKernel: KernelClass;
  readonly CPUKernel: KernelClass;
}

/** A kernel class; `features` is set once support has been probed. */
export interface KernelClass {
  readonly isSupported: boolean;
  readonly features: { readonly maxTextureSize?: number; readonly isFloatRead?: boolean } | null;
}

/** One gpu.js context. */
export interface GpuInstance {
  readonly context: WebGl | null;
  createKernel(source: string, settings: GpuKernelSettings): GpuKernel;
  destroy(): Promise<void>;
}

/** Settings of a kernel. */
export interface GpuKernelSettings {
  readonly output: number[];
  readonly constants?: Record<string, number>;
  readonly precision?: 'single';
  readonly tactic?: 'precision';
  readonly pipeline?: boolean;
  readonly immutable?: boolean;
  readonly returnType?: string;
}

/** A callable kernel; `kernel` is the object that really runs, replaced when the library falls back. */
export interface GpuKernel {
  (...values: readonly unknown[]): unknown;
  readonly kernel: { readonly constructor: unknown; readonly fallbackReason?: string | null };
  destroy(removeCanvasReferences?: boolean): void;
}

/** What gpu.js needs to know of a texture. */
export interface GpuTextureSettings {
  readonly texture: object;
  readonly size: readonly number[] | Int32Array;
  readonly dimensions: readonly number[] | Int32Array;
  readonly output: readonly number[];
  readonly context: WebGl;
  readonly kernel: object;
  readonly type: string;
}

/** A texture as kernels take and give it. */
export interface GpuTexture {
  readonly texture: object;
  readonly size: readonly number[] | Int32Array;
}

/** The WebGL calls made here. */
export interface WebGl {
  readonly TEXTURE_2D: number;
  readonly TEXTURE15: number;
  readonly TEXTURE_MIN_FILTER: number;
  readonly TEXTURE_MAG_FILTER: number;
  readonly TEXTURE_WRAP_S: number;
  readonly TEXTURE_WRAP_T: number;
  readonly NEAREST: number;
  readonly CLAMP_TO_EDGE: number;
  readonly RGBA: number;
  /** WebGL 2 only. */
  readonly RGBA32F?: number;
  readonly FLOAT: number;
  readonly UNSIGNED_BYTE: number;
  readonly UNPACK_ALIGNMENT: number;
  readonly UNPACK_FLIP_Y_WEBGL: number;
  readonly UNPACK_PREMULTIPLY_ALPHA_WEBGL: number;
  readonly FRAMEBUFFER: number;
  readonly COLOR_ATTACHMENT0: number;
  readonly MAX_TEXTURE_SIZE: number;
  readonly RENDERER: number;
  readonly NO_ERROR: number;
  createTexture(): object | null;
  deleteTexture(texture: object): void;
  activeTexture(unit: number): void;
  bindTexture(target: number, texture: object | null): void;
  texParameteri(target: number, name: number, value: number): void;
  pixelStorei(name: number, value: number | boolean): void;
  texImage2D(target: number, level: number, internal: number, width: number, height: number, border: number, format: number, type: number, pixels: ArrayBufferView | null): void;
  createFramebuffer(): object | null;
  deleteFramebuffer(framebuffer: object): void;
  bindFramebuffer(target: number, framebuffer: object | null): void;
  framebufferTexture2D(target: number, attachment: number, textureTarget: number, texture: object | null, level: number): void;
  readPixels(x: number, y: number, width: number, height: number, format: number, type: number, pixels: ArrayBufferView): void;
  getParameter(name: number): unknown;
  getExtension(name: string): object | null;
  getError(): number;
}
