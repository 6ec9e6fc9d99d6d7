/** One gpu.js context in one mode, with textures that go up and down without conversion, and no silent fallback. */
import type { GpuInstance, GpuKernel, GpuKernelSettings, GpuLibrary, GpuTexture, KernelClass, WebGl } from './gpu-library.ts';
import { RopeModeError } from './rope-backend.ts';

/** Modes that run on a graphics context. */
export const GRAPHICS_MODES = ['webgl2', 'webgl', 'headlessgl'] as const;
export type GraphicsMode = (typeof GRAPHICS_MODES)[number];
export type GpuMode = GraphicsMode | 'webasm' | 'cpu';

const CLASS_OF_MODE = {
  webgl2: 'WebGL2Kernel',
  webgl: 'WebGLKernel',
  headlessgl: 'HeadlessGLKernel',
  webasm: 'WebAssemblyKernel',
  cpu: 'CPUKernel',
} as const satisfies Record<GpuMode, keyof GpuLibrary>;

/** A texture of `width` × `height` texels of four numbers, and what frees it. */
export interface DeviceTexture {
  readonly handle: GpuTexture;
  readonly width: number;
  readonly height: number;
  release(): void;
}

/** Opens a context. Throws RopeModeError where the mode cannot run here. */
export class GpuDevice {
  readonly mode: GpuMode;
  readonly library: GpuLibrary;
  /** The kernel class that this mode must run. */
  readonly kernelClass: string;
  readonly #expected: KernelClass;
  readonly #gpu: GpuInstance;
  readonly #kernels = new Map<string, BuiltKernel>();

  constructor(library: GpuLibrary, mode: GpuMode) {
    this.mode = mode;
    this.library = library;
    this.kernelClass = CLASS_OF_MODE[mode];
    this.#expected = library[CLASS_OF_MODE[mode]];
    if (!this.#expected.isSupported) {
      throw new RopeModeError(`mode ${mode} cannot run here: gpu.js reports ${this.kernelClass} as not supported`);
    }
    this.#gpu = new library.GPU({ mode });
    // A first kernel creates the context and shows whether the mode is what runs.
    const probe = this.#gpu.createKernel('function probe() { return this.thread.x + 0.5; }', { output: [2], ...this.#precision() });
    const [first, second] = probe() as Float32Array;
    this.#check(probe);
    if (first !== 0.5 || second !== 1.5) throw new RopeModeError(`mode ${mode} computes 0.5 and 1.5 as ${first} and ${second}`);
    probe.destroy();
  }

  /** The graphics context. Throws RopeModeError in a mode without one. */
  get gl(): WebGl {
    if (this.#gpu.context === null || this.mode === 'webasm' || this.mode === 'cpu') throw new RopeModeError(`mode ${this.mode} has no graphics context`);
    return this.#gpu.context;
  }

  /** Largest width and height of a texture. */
  get maxTextureSize(): number {
    return Number(this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE));
  }

  /** What the driver says it is; browsers that hide the device give a generic name. */
  get renderer(): string {
    const { gl } = this;
    // UNMASKED_RENDERER_WEBGL, by its number: the extension object carries it in browsers only.
    const unmasked = gl.getExtension('WEBGL_debug_renderer_info') === null ? null : gl.getParameter(0x9246);
    return String(unmasked ?? gl.getParameter(gl.RENDERER));
  }

  /**
   * Runs the kernel kept under `key`, building it from source text on first use. Kernels are text, not functions, because compilers and test
   * runners rewrite functions (injected name calls, coverage counters) into something gpu.js cannot parse.
   * Throws RopeModeError when the library ran another class of kernel than the mode asks for.
   */
  run(key: string, source: string, settings: GpuKernelSettings, values: readonly unknown[]): unknown {
    return this.#call(this.#built(key, source, settings), values);
  }

  #built(key: string, source: string, settings: GpuKernelSettings): BuiltKernel {
    let built = this.#kernels.get(key);
    if (built === undefined) {
      this.#dropUnused();
      built = { kernel: this.#gpu.createKernel(source, { ...settings, ...this.#precision() }), results: 0 };
    }
    // Most recently used last.
    this.#kernels.delete(key);
    this.#kernels.set(key, built);
    return built;
  }

  #call({ kernel }: BuiltKernel, values: readonly unknown[]): unknown {
    const result = kernel(...values);
    this.#check(kernel);
    return result;
  }

  /** Runs a kernel whose result stays on the device. */
  runToTexture(key: string, source: string, settings: GpuKernelSettings, values: readonly unknown[]): DeviceTexture {
    const built = this.#built(key, source, { ...settings, pipeline: true, immutable: true });
    const result = this.#call(built, values) as GpuTexture & { delete(): void };
    built.results++;
    return {
      handle: this.#wrap(result.texture, result.size[0], result.size[1]),
      width: result.size[0],
      height: result.size[1],
      release: () => {
        result.delete();
        built.results--;
      },
    };
  }

  /** Uploads width × height × 4 numbers as they are; a shorter array is filled up with zeros. */
  upload(values: Float32Array, width: number, height: number): DeviceTexture {
    return this.#upload(values, width, height, this.gl.FLOAT);
  }

  /** Uploads width × height × 4 bytes; a kernel sees each as a 255th. */
  uploadBytes(values: Uint8Array, width: number, height: number): DeviceTexture {
    return this.#upload(values, width, height, this.gl.UNSIGNED_BYTE);
  }

  #upload(values: Float32Array | Uint8Array, width: number, height: number, type: number): DeviceTexture {
    const { gl } = this;
    const limit = this.maxTextureSize;
    if (width > limit || height > limit) throw new RangeError(`texture of ${width} × ${height} exceeds this device's ${limit} × ${limit}`);
    const size = width * height * 4;
    if (values.length > size) throw new RangeError(`${values.length} values do not fit a texture of ${width} × ${height}`);
    let pixels = values;
    if (values.length < size) {
      pixels = type === gl.FLOAT ? new Float32Array(size) : new Uint8Array(size);
      pixels.set(values);
    }
    const texture = gl.createTexture();
    if (texture === null) throw new RopeModeError('the graphics context gave no texture: it is lost or out of memory');
    gl.activeTexture(gl.TEXTURE15);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
      [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ]) {
      gl.texParameteri(gl.TEXTURE_2D, name, value);
    }
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    const internal = type === gl.FLOAT ? (gl.RGBA32F ?? gl.RGBA) : gl.RGBA;
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, gl.RGBA, type, pixels);
    const error = gl.getError();
    if (error !== gl.NO_ERROR) {
      gl.deleteTexture(texture);
      throw new RopeModeError(`the graphics context refused a texture of ${width} × ${height} (error 0x${error.toString(16)})`);
    }
    return {
      handle: this.#wrap(texture, width, height),
      width,
      height,
      release: () => {
        gl.deleteTexture(texture);
      },
    };
  }

  /** Reads a texture back: width × height × 4 numbers. */
  download(texture: DeviceTexture): Float32Array {
    return this.#read(texture, texture.width, texture.height);
  }

  /** Waits for the device to finish with a texture, by reading one texel of it. */
  finish(texture: DeviceTexture): void {
    this.#read(texture, 1, 1);
  }

  #read(texture: DeviceTexture, width: number, height: number): Float32Array {
    const { gl } = this;
    const framebuffer = gl.createFramebuffer();
    if (framebuffer === null) throw new RopeModeError('the graphics context gave no framebuffer: it is lost or out of memory');
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture.handle.texture, 0);
    const values = new Float32Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.FLOAT, values);
    const error = gl.getError();
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(framebuffer);
    if (error !== gl.NO_ERROR) throw new RopeModeError(`the graphics context could not read a texture back (error 0x${error.toString(16)})`);
    return values;
  }

  /** Frees kernels and context. */
  destroy(): void {
    for (const { kernel } of this.#kernels.values()) kernel.destroy();
    this.#kernels.clear();
    void this.#gpu.destroy();
  }

  #wrap(texture: object, width: number, height: number): GpuTexture {
    // Every texture is wrapped alike: gpu.js rebuilds a kernel whose argument changes class.
    return new this.library.Texture({
      texture, size: [width, height], dimensions: [width, height, 1], output: [width, height], context: this.gl, kernel: this, type: 'ArrayTexture(4)',
    });
  }

  #precision(): Partial<GpuKernelSettings> {
    // `precision` asks for highp in the shader; without it some drivers compute in half.
    return this.mode === 'webasm' || this.mode === 'cpu' ? {} : { precision: 'single', tactic: 'precision' };
  }

  #check(kernel: GpuKernel): void {
    if (kernel.kernel.constructor !== this.#expected) {
      const ran = (kernel.kernel.constructor as { name?: string }).name ?? 'another class';
      throw new RopeModeError(`mode ${this.mode} was asked for, but gpu.js ran ${ran}: ${kernel.kernel.fallbackReason ?? 'no reason given'}`);
    }
  }

  /** Makes room for one more kernel. One whose results are still in use is kept: destroying it would take them along. */
  #dropUnused(): void {
    for (const [key, { kernel, results }] of this.#kernels) {
      if (this.#kernels.size < MAX_KERNELS) return;
      if (results > 0) continue;
      this.#kernels.delete(key);
      kernel.destroy();
    }
  }
}

/** A compiled kernel and how many of its results are on the device. */
interface BuiltKernel {
  readonly kernel: GpuKernel;
  results: number;
}

/** Compiled shapes kept: a serving process sees few. */
const MAX_KERNELS = 16;
