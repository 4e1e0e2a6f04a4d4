import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_DESCRIPTION_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import {
  wireBoolean,
  wireChoice,
  wireId,
  wireName,
  wireObject,
  wireQuery,
  wireReference,
  wireString,
  wireTimestamp,
} from './wire.ts';

export const project = z
  .strictObject({
    id: wireId,
    name: z.string(),
    isDefault: z.boolean(),
    /** What is left of the budget, one text per currency. */
    remainingAmounts: z.array(z.string()),
  })
  .meta({ id: 'Project' });
export type Project = z.output<typeof project>;

export const listMyProjects = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/projects/',
  versions: ['v2', 'v3'],
  summary: 'Projects that your jobs may belong to',
  tag: 'Projects',
  access: 'user',
  query: pageQuery,
  status: 200,
  response: page(project),
});

export const projectRole = z.enum(['member', 'manager']);
export type ProjectRole = z.output<typeof projectRole>;

/** A project as its managers see it. */
export const managedProject = z
  .strictObject({
    id: wireId,
    name: z.string(),
    description: z.string(),
    isActive: z.boolean(),
    isDefault: z.boolean(),
    remainingAmounts: z.array(z.string()),
    dateInserted: wireTimestamp,
    members: z.array(z.strictObject({ userId: z.string(), email: z.string(), role: projectRole })),
  })
  .meta({ id: 'ManagedProject' });
export type ManagedProject = z.output<typeof managedProject>;

export const listProjects = endpoint({
  method: 'GET',
  path: '/api/v2/projects/',
  versions: ['v2', 'v3'],
  summary: 'Projects that you manage; all of them for administrators',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  query: wireQuery({ ...pageFields, search: wireString().optional() }, { aliases: pageAliases }),
  status: 200,
  response: page(managedProject),
});

export const projectCreation = wireObject({
  name: wireName(),
  description: wireString({ max: MAX_DESCRIPTION_LENGTH }).default(''),
});
export type ProjectCreation = z.input<typeof projectCreation>;

export const createProject = endpoint({
  method: 'POST',
  path: '/api/v2/projects/',
  versions: ['v2', 'v3'],
  summary: 'Add a project',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  body: projectCreation,
  status: 201,
  response: managedProject,
});

export const projectUpdate = wireObject({
  name: wireName().optional(),
  description: wireString({ max: MAX_DESCRIPTION_LENGTH }).optional(),
  isActive: wireBoolean().optional(),
});
export type ProjectUpdate = z.input<typeof projectUpdate>;

const projectParams = z.object({ projectId: z.string() });

export const updateProject = endpoint({
  method: 'PATCH',
  path: '/api/v2/projects/:projectId/',
  versions: ['v2', 'v3'],
  summary: 'Change a project, or close one with isActive false',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  params: projectParams,
  body: projectUpdate,
  status: 200,
  response: managedProject,
});

export const projectMemberCreation = wireObject({
  userId: wireReference(),
  role: wireChoice(projectRole.options).default('member'),
});
export type ProjectMemberCreation = z.input<typeof projectMemberCreation>;

export const addProjectMember = endpoint({
  method: 'POST',
  path: '/api/v2/projects/:projectId/members/',
  versions: ['v2', 'v3'],
  summary: 'Add a user to a project, or change their role in it',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  params: projectParams,
  body: projectMemberCreation,
  status: 201,
  response: managedProject,
});

export const removeProjectMember = endpoint({
  method: 'DELETE',
  path: '/api/v2/projects/:projectId/members/:userId/',
  versions: ['v2', 'v3'],
  summary: 'Take a user out of a project',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  params: z.object({ projectId: z.string(), userId: z.string() }),
  status: 204,
});
