import type { Route } from '../../http/route.ts';
import type { SystemContext } from './context.ts';
import { beginDoctor, showDoctor } from './doctor.ts';
import { rereadCatalogue } from './reread-catalogue.ts';
import { show } from './show.ts';

/** The endpoints for whoever keeps the platform. */
export function systemRoutes(context: SystemContext): Route[] {
  return [show(context), beginDoctor(context), showDoctor(context), rereadCatalogue(context)];
}
