"""What the assistant can do: Rasa's custom actions, about ten lines each."""
