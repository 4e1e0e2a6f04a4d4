import { z } from 'zod';

const a = z.preprocess((v) => v, z.looseObject({ a: z.string() }));
console.log(
  JSON.stringify(
    z.toJSONSchema(
      z.object({
        a,
        b: z.preprocess((v) => v, z.int()).optional(),
        c: z.preprocess((v) => v, z.int().default(1)),
      }),
      { io: 'input' },
    ),
  ),
);
console.log(
  z.looseObject({ a: z.string() }).safeParse({}).error?.issues,
  z.looseObject({ a: z.string() }).safeParse({ a: null }).error?.issues,
  z
    .object({ a: z.array(z.object({ b: z.string() })) })
    .safeParse({ a: [{}, { b: 1 }] }, { reportInput: true }).error?.issues,
);
