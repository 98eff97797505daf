// Filters and searches the operations of the page, and copies samples. Runs in the browser.
const byId = (id) => document.getElementById(id)
const filters = byId('filters')
const sections = [...document.querySelectorAll('section.operation')]
const links = new Map(
  [...document.querySelectorAll('nav li')].map((item) => [item.dataset.for, item]),
)

function matches(section) {
  const kind = filters.elements.kind.value
  const tag = byId('tag').value
  const words = byId('search').value.toLowerCase().split(/\s+/)
  return (
    (kind === 'all' || section.dataset.kind === kind) &&
    (tag === '' || section.dataset.tags.split(' ').includes(tag)) &&
    words.every((word) => section.dataset.words.includes(word))
  )
}

function apply() {
  let shown = 0
  for (const section of sections) {
    const visible = matches(section)
    section.hidden = !visible
    links.get(section.id).hidden = !visible
    if (visible) shown += 1
  }
  for (const group of document.querySelectorAll('nav .group')) {
    group.hidden = group.querySelector('li:not([hidden])') === null
  }
  const filtered = shown < sections.length
  for (const intro of document.querySelectorAll('section.intro')) intro.hidden = filtered
  byId('none').hidden = shown > 0
  byId('count').textContent = `${shown} of ${sections.length} operations`
}

/** A link to what a filter hides ends the filter. */
function reveal() {
  const target = byId(decodeURIComponent(location.hash.slice(1)))
  if (target === null || target.closest('[hidden]') === null) return
  filters.reset()
  apply()
  target.scrollIntoView()
}

function addCopyButton(block) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Copy'
  const say = (text) => {
    button.textContent = text
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 2000)
  }
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(block.querySelector('pre').textContent).then(
      () => say('Copied'),
      () => say('Not allowed'),
    )
  })
  block.append(button)
}

filters.hidden = false
filters.addEventListener('input', () => {
  apply()
  window.scrollTo(0, 0)
})
filters.addEventListener('submit', (event) => {
  event.preventDefault()
  const [first] = sections.filter((section) => !section.hidden)
  if (first !== undefined) location.hash = first.id
})
window.addEventListener('hashchange', reveal)
if (navigator.clipboard !== undefined) document.querySelectorAll('.block').forEach(addCopyButton)
apply()
