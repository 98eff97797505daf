// Commands about activities: list them, look at one.
import { type Client as _ } from './client.ts'
