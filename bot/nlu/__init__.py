"""What runs inside the Rasa process: the only place that imports Rasa."""
