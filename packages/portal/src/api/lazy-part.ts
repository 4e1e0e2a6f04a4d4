/**
 * Parts of the application that the browser loads when they are wanted. While the server is away they are waited for, as
 * answers are: a page that nobody has opened before is no page that is broken.
 */
import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router';
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';
import { answersNow, unheard, whenBack } from './connection.ts';

/** A page, by the name under which its module exports it. */
export function lazyPage<Name extends string>(
  load: () => Promise<Record<Name, RouteComponent>>,
  name: Name,
): RouteComponent {
  return lazyRouteComponent(() => onceServed(load), name) as RouteComponent;
}

/** A component that has to stand in a `Suspense`, by the name under which its module exports it. */
// biome-ignore lint/suspicious/noExplicitAny: as `lazy` itself has it, since props are checked where the component is used
export function lazyPart<Name extends string, Component extends ComponentType<any>>(
  load: () => Promise<Record<Name, Component>>,
  name: Name,
): LazyExoticComponent<Component> {
  return lazy(async () => ({ default: (await onceServed(load))[name] }));
}

/** What `load` comes to; an error if the server answers and does not have it, as after an upgrade. */
async function onceServed<Module>(load: () => Promise<Module>): Promise<Module> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      if (await answersNow()) {
        throw error;
      }
      await back();
    }
  }
}

function back(): Promise<void> {
  return new Promise((resolve) => {
    const leave = whenBack(() => {
      leave();
      resolve();
    });
    unheard();
  });
}
