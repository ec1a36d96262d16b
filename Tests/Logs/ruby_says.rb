# What Ruby makes of the expressions and patterns of a configuration of Fluentd, which are Ruby's: Tests/Logs/collectors.py
# has them in Python. Reads a JSON list of {"expression", "tag", "record"} and {"pattern", "line"}, writes one of answers.
require "json"

answers = JSON.parse($stdin.read).map do |question|
  if question["pattern"]
    Regexp.new(question["pattern"]).match(question["line"])&.named_captures
  else
    # The names that record_transformer gives to these.
    tag = question["tag"]
    tag_parts = tag.split(".")
    record = question["record"]
    eval(question["expression"], binding)
  end
end
puts JSON.generate(answers)
