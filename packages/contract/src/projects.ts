import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_DESCRIPTION_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
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

/** What a member may do in a project: a `manager` changes it and its members. */
export const projectRole = z.enum(['member', 'manager']).meta({ id: 'ProjectRole' });
export type ProjectRole = z.output<typeof projectRole>;

/** A project that jobs may belong to. */
export const project = z
  .strictObject({
    /** Id of the project. */
    id: wireId,
    /** Name of the project. */
    name: z.string(),
    /** What it is about, in words. */
    description: z.string(),
    /** False: closed; new jobs cannot belong to it. */
    isActive: z.boolean(),
    /** What you are in it; null for administrators who do not belong to it. */
    role: projectRole.nullable(),
    /** Whether jobs belong to it that do not say otherwise. */
    isDefault: z.boolean(),
    /** What is left of the budget, one text for each currency; always empty here, where projects have no budget. */
    remainingAmounts: z.array(z.string()),
  })
  .meta({ id: 'Project' });
export type Project = z.output<typeof project>;

export const listMyProjects = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/projects/',
  versions: ['v2', 'v3'],
  summary: 'Projects that your jobs may belong to',
  description:
    'Those that are open and that you are a member of; for administrators all that are open. Their ids are what a job names as `projectId`. With `closed` those that are closed, which no new job can belong to.',
  tag: 'Projects',
  access: 'user',
  query: wireQuery(
    {
      ...pageFields,
      /** Only those that are closed, or with false only those that are open; the latter when absent. */
      closed: wireBoolean().default(false),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(project),
});

/** A project with its members. */
export const managedProject = z
  .strictObject({
    /** Id of the project. */
    id: wireId,
    /** Name of the project. */
    name: z.string(),
    /** What it is about, in words. */
    description: z.string(),
    /** False: closed; new jobs cannot belong to it. */
    isActive: z.boolean(),
    /** Whether jobs belong to it that do not say otherwise. */
    isDefault: z.boolean(),
    /** What is left of the budget, one text for each currency; always empty here, where projects have no budget. */
    remainingAmounts: z.array(z.string()),
    /** When it was added. */
    dateInserted: wireTimestamp,
    /** Who belongs to it. */
    members: z.array(
      z.strictObject({
        /** Id of the user. */
        userId: z.string(),
        /** E-mail address of the user. */
        email: z.string(),
        /** What they may do in the project. */
        role: projectRole,
      }),
    ),
  })
  .meta({ id: 'ManagedProject' });
export type ManagedProject = z.output<typeof managedProject>;

const projectParams = z.object({
  /** Id of the project. */
  projectId: z.string(),
});

export const getProject = endpoint({
  method: 'GET',
  path: '/api/v2/projects/:projectId/',
  versions: ['v2', 'v3'],
  summary: 'A project and who belongs to it',
  description:
    'For its members, when it is closed too, and for administrators; others are answered with 404.',
  tag: 'Projects',
  access: 'user',
  extension: true,
  params: projectParams,
  status: 200,
  response: managedProject,
});

export const listProjects = endpoint({
  method: 'GET',
  path: '/api/v2/projects/',
  versions: ['v2', 'v3'],
  summary: 'Projects that you manage; all of them for administrators',
  description: 'With their members, and those that are closed too.',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  query: wireQuery(
    {
      ...pageFields,
      /** Part of the name, in upper or lower case. */
      search: wireString().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(managedProject),
});

/** What a new project needs. */
export const projectCreation = wireObject({
  /** Name of the project. */
  name: wireName(),
  /** What it is about, in words. */
  description: wireString({ max: MAX_DESCRIPTION_LENGTH }).default(''),
});
export type ProjectCreation = z.input<typeof projectCreation>;

export const createProject = endpoint({
  method: 'POST',
  path: '/api/v2/projects/',
  versions: ['v2', 'v3'],
  summary: 'Add a project',
  description: 'It is open and has no members; names may be the same.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  body: projectCreation,
  status: 201,
  response: managedProject,
});

/** What may change of a project; what is absent stays. */
export const projectUpdate = wireObject({
  /** Name of the project. */
  name: wireName().optional(),
  /** What it is about, in words. */
  description: wireString({ max: MAX_DESCRIPTION_LENGTH }).optional(),
  /** False closes the project: new jobs cannot belong to it. */
  isActive: wireBoolean().optional(),
});
export type ProjectUpdate = z.input<typeof projectUpdate>;

export const updateProject = endpoint({
  method: 'PATCH',
  path: '/api/v2/projects/:projectId/',
  versions: ['v2', 'v3'],
  summary: 'Change a project, or close one with isActive false',
  description:
    'Jobs that belong to it stay. Managers change the projects that they manage; others are answered with 404.',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  params: projectParams,
  body: projectUpdate,
  status: 200,
  response: managedProject,
});

/** Who comes into a project, and as what. */
export const projectMemberCreation = wireObject({
  /** Id of the user, or their e-mail address. */
  userId: wireReference(),
  /** What they may do in it. */
  role: wireChoice(projectRole.options).default('member'),
});
export type ProjectMemberCreation = z.input<typeof projectMemberCreation>;

export const addProjectMember = endpoint({
  method: 'POST',
  path: '/api/v2/projects/:projectId/members/',
  versions: ['v2', 'v3'],
  summary: 'Add a user to a project, or change their role in it',
  description: 'Answers the project with all its members. A user who is not here is refused with 400.',
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
  description: 'Their jobs stay in it. A user who is not a member is answered with 404.',
  tag: 'Administration',
  access: 'manager',
  extension: true,
  params: z.object({
    /** Id of the project. */
    projectId: z.string(),
    /** Id of the user. */
    userId: z.string(),
  }),
  status: 204,
});
