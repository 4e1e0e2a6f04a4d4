import { getDoctorRun, runDoctor } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { notFound } from '../../problems.ts';
import type { SystemContext } from './context.ts';

export const beginDoctor = ({ doctor }: SystemContext) => route(runDoctor, async () => doctor.begin());

export const showDoctor = ({ doctor }: SystemContext) =>
  route(getDoctorRun, async () => {
    const latest = await doctor.latest();
    if (latest === null) {
      throw notFound('Nobody has asked the doctor to look yet. POST to the same address to do so.');
    }
    return latest;
  });
