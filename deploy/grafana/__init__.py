"""Grafana: dashboards as code, and what provisions them."""
