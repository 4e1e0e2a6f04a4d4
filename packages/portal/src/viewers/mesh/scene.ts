import '@kitware/vtk.js/Rendering/OpenGL/Actor.js';
import '@kitware/vtk.js/Rendering/OpenGL/Camera.js';
import '@kitware/vtk.js/Rendering/OpenGL/PolyDataMapper.js';
import '@kitware/vtk.js/Rendering/OpenGL/Renderer.js';
import '@kitware/vtk.js/Rendering/OpenGL/Texture.js';
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray.js';
import vtkLookupTable from '@kitware/vtk.js/Common/Core/LookupTable.js';
import vtkPlane from '@kitware/vtk.js/Common/DataModel/Plane.js';
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData.js';
import vtkActor from '@kitware/vtk.js/Rendering/Core/Actor.js';
import vtkMapper from '@kitware/vtk.js/Rendering/Core/Mapper.js';
import vtkRenderer from '@kitware/vtk.js/Rendering/Core/Renderer.js';
import vtkRenderWindow from '@kitware/vtk.js/Rendering/Core/RenderWindow.js';
import vtkOpenGLRenderWindow from '@kitware/vtk.js/Rendering/OpenGL/RenderWindow.js';
import { type CameraPlace, cross, length, subtract, unit, VIEWS } from './camera.ts';
import { type Colour, type ColourMapName, colourAt, NO_VALUE } from './colour-maps.ts';
import type { Association } from './messages.ts';
import { type Pick, type Plane, pickPolygon, type Vector } from './pick.ts';
import type { Surface } from './surface.ts';
import type { ValueRange } from './value-range.ts';

const COLOURS_IN_TABLE = 256;
/** What is turned away still has some light; what faces the eye has its colour as it is in the map. */
const AMBIENT = 0.5;

export interface Colouring {
  association: Association;
  /** One for each point, or each group, of the surface. */
  values: Float64Array;
  range: ValueRange;
  map: ColourMapName;
}

export interface Look {
  colouring: Colouring | null;
  areEdgesShown: boolean;
  opacity: number;
  clip: Plane | null;
}

/** Colours of the page, between 0 and 255. */
export interface SceneColours {
  background: Colour;
  surface: Colour;
  edges: Colour;
}

export function isWebGlThere(): boolean {
  const context = document.createElement('canvas').getContext('webgl2');
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

/** A surface on a canvas. It draws when it is told to, and holds nothing after `close`. */
export class Scene {
  readonly #window = vtkRenderWindow.newInstance();
  readonly #view = vtkOpenGLRenderWindow.newInstance({ cursor: 'grab' });
  readonly #renderer = vtkRenderer.newInstance();
  readonly #mapper = vtkMapper.newInstance();
  readonly #actor = vtkActor.newInstance();
  readonly #table = vtkLookupTable.newInstance();
  readonly #onCamera: (place: CameraPlace) => void;
  #data = vtkPolyData.newInstance();
  #surface: Surface | null = null;
  #clip: Plane | null = null;

  constructor(container: HTMLElement, onCamera: (place: CameraPlace) => void) {
    this.#onCamera = onCamera;
    this.#view.setContainer(container);
    this.#window.addView(this.#view);
    this.#window.addRenderer(this.#renderer);
    this.#mapper.setLookupTable(this.#table);
    this.#mapper.setUseLookupTableScalarRange(true);
    this.#mapper.setInterpolateScalarsBeforeMapping(true);
    this.#actor.setMapper(this.#mapper);
    const property = this.#actor.getProperty();
    property.setAmbient(AMBIENT);
    property.setDiffuse(1 - AMBIENT);
    property.setSpecular(0);
    property.setPointSize(4);
    this.#renderer.addActor(this.#actor);
    // Rays are parallel only when somebody wants to measure; depth is what a picture of a body is about.
    this.#renderer.getActiveCamera().setViewAngle(30);
  }

  setColours({ background, surface, edges }: SceneColours): void {
    this.#renderer.setBackground(...shares(background));
    this.#actor.getProperty().setColor(...shares(surface));
    this.#actor.getProperty().setEdgeColor(...shares(edges));
  }

  /** Shows another surface; the camera stays where it is. */
  setSurface(surface: Surface): void {
    const data = vtkPolyData.newInstance();
    data.getPoints().setData(surface.points, 3);
    data.getVerts().setData(surface.vertices);
    data.getLines().setData(surface.lines);
    data.getPolys().setData(surface.polygons);
    this.#mapper.setInputData(data);
    this.#data.delete();
    this.#data = data;
    this.#surface = surface;
  }

  setLook({ colouring, areEdgesShown, opacity, clip }: Look): void {
    const property = this.#actor.getProperty();
    property.setEdgeVisibility(areEdgesShown);
    property.setOpacity(opacity);
    this.#clip = clip;
    this.#mapper.removeAllClippingPlanes();
    if (clip) {
      this.#mapper.addClippingPlane(
        vtkPlane.newInstance({ origin: [...clip.origin], normal: [...clip.normal] }),
      );
    }
    this.#colour(colouring);
  }

  #colour(colouring: Colouring | null): void {
    this.#mapper.setScalarVisibility(colouring !== null);
    if (!colouring) {
      return;
    }
    const { association, values, range, map } = colouring;
    const scalars = vtkDataArray.newInstance({ name: 'shown', numberOfComponents: 1, values });
    if (association === 'point') {
      this.#data.getCellData().removeAllArrays();
      this.#data.getPointData().setScalars(scalars);
      this.#mapper.setScalarModeToUsePointData();
    } else {
      this.#data.getPointData().removeAllArrays();
      this.#data.getCellData().setScalars(scalars);
      this.#mapper.setScalarModeToUseCellData();
    }
    const colours = Array.from({ length: COLOURS_IN_TABLE }, (_, index) => [
      ...colourAt(map, index / (COLOURS_IN_TABLE - 1)),
      255,
    ]);
    this.#table.setTable(colours as never);
    this.#table.setNanColor([...shares(NO_VALUE), 1]);
    this.#table.setRange(range[0], range[1]);
  }

  /** In pixels of the page. */
  resize(width: number, height: number): void {
    const ratio = devicePixelRatio;
    this.#view.setSize(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
    this.render();
  }

  render(): void {
    this.#renderer.resetCameraClippingRange();
    this.#window.render();
  }

  get camera(): CameraPlace {
    const camera = this.#renderer.getActiveCamera();
    return { position: camera.getPosition(), focus: camera.getFocalPoint(), up: camera.getViewUp() };
  }

  /** Looks from a side, with all in sight. */
  lookFrom(from: Vector, up: Vector): void {
    const camera = this.#renderer.getActiveCamera();
    camera.setFocalPoint(0, 0, 0);
    camera.setPosition(...from);
    camera.setViewUp(...up);
    this.#renderer.resetCamera();
    // What fits into the height is too wide for a picture that is narrow.
    const [width, height] = this.size;
    camera.dolly(Math.min(1, width / height));
    this.#moved();
  }

  reset(): void {
    this.lookFrom(unit([-1, -2, 1.2]), VIEWS['-y']!.up);
  }

  place({ position, focus, up }: CameraPlace): void {
    const camera = this.#renderer.getActiveCamera();
    camera.setPosition(...position);
    camera.setFocalPoint(...focus);
    camera.setViewUp(...up);
    this.#moved();
  }

  /** In degrees. */
  rotate(right: number, up: number): void {
    const camera = this.#renderer.getActiveCamera();
    camera.azimuth(-right);
    camera.elevation(up);
    camera.orthogonalizeViewUp();
    this.#moved();
  }

  roll(degrees: number): void {
    this.#renderer.getActiveCamera().roll(degrees);
    this.#moved();
  }

  /** In shares of the height that is seen. */
  pan(right: number, up: number): void {
    const { position, focus, up: above } = this.camera;
    const ahead = subtract(focus, position);
    const side = unit(cross(ahead, above));
    const top = unit(cross(side, ahead));
    const angle = (this.#renderer.getActiveCamera().getViewAngle() * Math.PI) / 360;
    const height = 2 * length(ahead) * Math.tan(angle);
    const moved = (from: Vector) =>
      [0, 1, 2].map(
        (axis) => from[axis]! - (side[axis]! * right + top[axis]! * up) * height,
      ) as unknown as Vector;
    this.place({ position: moved(position), focus: moved(focus), up: above });
  }

  /** Above 1 comes closer. */
  zoom(factor: number): void {
    this.#renderer.getActiveCamera().dolly(factor);
    this.#moved();
  }

  /** What is seen at a place of the canvas, both in shares from the top left. */
  pick(x: number, y: number): Pick | null {
    if (!this.#surface) {
      return null;
    }
    const { position, focus, up } = this.camera;
    const ahead = unit(subtract(focus, position));
    const side = unit(cross(ahead, up));
    const top = cross(side, ahead);
    const [width, height] = this.#view.getSize() as [number, number];
    const slope = Math.tan((this.#renderer.getActiveCamera().getViewAngle() * Math.PI) / 360);
    const right = (2 * x - 1) * slope * (width / height);
    const above = (1 - 2 * y) * slope;
    const direction = [0, 1, 2].map(
      (axis) => ahead[axis]! + side[axis]! * right + top[axis]! * above,
    ) as unknown as Vector;
    return pickPolygon(this.#surface, position, direction, this.#clip);
  }

  /** The picture as it is now; to be taken at once, since a canvas forgets what it showed. */
  draw(context: CanvasRenderingContext2D): void {
    this.render();
    context.drawImage(this.#view.getCanvas()!, 0, 0);
  }

  get size(): [number, number] {
    return this.#view.getSize() as [number, number];
  }

  close(): void {
    const canvas = this.#view.getCanvas();
    this.#window.removeRenderer(this.#renderer);
    this.#window.removeView(this.#view);
    for (const part of [this.#actor, this.#mapper, this.#table, this.#data, this.#renderer]) {
      part.delete();
    }
    this.#view.delete();
    this.#window.delete();
    // Browsers hold few contexts, and give up the oldest when there are more.
    canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #moved(): void {
    this.render();
    this.#onCamera(this.camera);
  }
}

function shares([red, green, blue]: Colour): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}
