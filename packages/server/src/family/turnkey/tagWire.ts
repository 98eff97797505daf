// Tags in the wire form of the Turnkey API.
import { z } from 'zod'
import type { Snapshot } from '../../domain/organization/model.ts'
import type { TagKind } from '../../domain/tag/tag.ts'
import { time, wireTime } from './time.ts'

const TAG_TYPE = { user: 'TAG_TYPE_USER', privateKey: 'TAG_TYPE_PRIVATE_KEY' } as const

export const tagResult = z.object({
  tagId: z.uuid(),
  tagName: z.string(),
  tagType: z.enum(['TAG_TYPE_USER', 'TAG_TYPE_PRIVATE_KEY']),
  createdAt: time,
  updatedAt: time,
})

export const exampleTag: z.input<typeof tagResult> = {
  tagId: '019a0000-0000-7000-8000-000000000009',
  tagName: 'Operations',
  tagType: 'TAG_TYPE_USER',
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
}

/** All tags of one kind. */
export function wireTags({ tags }: Snapshot, kind: TagKind): z.input<typeof tagResult>[] {
  return [...tags.values()]
    .filter((tag) => tag.kind === kind)
    .map((tag) => ({
      tagId: tag.id,
      tagName: tag.name,
      tagType: TAG_TYPE[kind],
      createdAt: wireTime(tag.createdMs),
      updatedAt: wireTime(tag.updatedMs),
    }))
}
