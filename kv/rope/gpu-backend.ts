/** Opening a gpu.js mode. */
import { GpuDevice } from './gpu-device.ts';
import type { GraphicsMode } from './gpu-device.ts';
import type { GpuLibrary } from './gpu-library.ts';
import { LoopRope } from './loop-rope.ts';
import { TextureRope } from './texture-rope.ts';
import type { TextureLimits } from './texture-rope.ts';

/** Opens a mode that runs shaders. Throws RopeModeError where it cannot run here. */
export function openTextureRope(library: GpuLibrary, mode: GraphicsMode, limits: TextureLimits = {}): TextureRope {
  return new TextureRope(new GpuDevice(library, mode), limits);
}

/** Opens a mode that runs on the CPU. Throws RopeModeError where it cannot run here. */
export function openLoopRope(library: GpuLibrary, mode: 'webasm' | 'cpu'): LoopRope {
  return new LoopRope(new GpuDevice(library, mode));
}
